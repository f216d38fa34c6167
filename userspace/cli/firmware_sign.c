// SPDX-License-Identifier: MIT
/*
 * Signatures of firmware, with libcrypto: the plain one for the board's ROM, and the same
 * in a PKCS #7 message for the driver's kernel.
 */
#include <string.h>

#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "cli.h"
#include "firmware.h"

#define HEADER_SIZE sizeof(struct limen_fw_header)
#define EXPONENT 65537
/* No attribute is signed: the signature is of the header, not of a hash of it. */
#define CMS_FLAGS (CMS_NOATTR | CMS_NOCERTS | CMS_BINARY | CMS_DETACHED | CMS_NOSMIMECAP)

const char *firmware_refusal(enum limen_hw_refusal refusal)
{
	switch (refusal) {
	case LIMEN_HW_REFUSED_FORMAT:
		return "not a firmware image, or one of another format";
	case LIMEN_HW_REFUSED_SIZE:
		return "a length or an address in it is out of range";
	case LIMEN_HW_REFUSED_HASH:
		return "its code is not what the header says";
	case LIMEN_HW_REFUSED_SIGNATURE:
		return "not signed by this certificate's key";
	default:
		return "refused";
	}
}

static X509 *read_certificate(const char *path)
{
	FILE *file = fopen(path, "re");
	X509 *certificate;

	if (!file) {
		fail("%s: %m", path);
		return NULL;
	}
	certificate = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	if (!certificate)
		fail("%s: no certificate in PEM", path);
	return certificate;
}

static EVP_PKEY *read_key(const char *path)
{
	FILE *file = fopen(path, "re");
	EVP_PKEY *key;

	if (!file) {
		fail("%s: %m", path);
		return NULL;
	}
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	if (!key)
		fail("%s: no private key in PEM", path);
	return key;
}

/* The modulus of a key that a board can verify with. */
static bool find_modulus(const EVP_PKEY *key, uint8_t modulus[RSA_SIZE])
{
	BIGNUM *n = NULL, *e = NULL;
	bool usable;

	usable = key && EVP_PKEY_is_a(key, "RSA") &&
		 EVP_PKEY_get_bits(key) == 8 * RSA_SIZE &&
		 EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) &&
		 EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) &&
		 BN_is_word(e, EXPONENT) &&
		 BN_bn2binpad(n, modulus, RSA_SIZE) == RSA_SIZE;
	BN_free(n);
	BN_free(e);
	return usable;
}

static bool sign_plainly(const uint8_t *header, EVP_PKEY *key,
			 uint8_t signature[LIMEN_FW_SIGNATURE_SIZE])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t size = LIMEN_FW_SIGNATURE_SIZE;
	EVP_PKEY_CTX *settings;
	bool done;

	done = context &&
	       EVP_DigestSignInit(context, &settings, EVP_sha256(), NULL, key) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PADDING) == 1 &&
	       EVP_DigestSign(context, signature, &size, header, HEADER_SIZE) == 1 &&
	       size == LIMEN_FW_SIGNATURE_SIZE;
	EVP_MD_CTX_free(context);
	return done;
}

static CMS_ContentInfo *sign_message(const uint8_t *header, X509 *certificate,
				     EVP_PKEY *key)
{
	BIO *content = BIO_new_mem_buf(header, HEADER_SIZE);
	CMS_ContentInfo *message = NULL;

	if (content)
		message = CMS_sign(NULL, NULL, NULL, NULL, CMS_FLAGS | CMS_PARTIAL);
	if (message && (!CMS_add1_signer(message, certificate, key, EVP_sha256(),
					 CMS_FLAGS) ||
			!CMS_final(message, content, NULL, CMS_FLAGS))) {
		CMS_ContentInfo_free(message);
		message = NULL;
	}
	BIO_free(content);
	return message;
}

/* The plain signature in a message; NULL if that is not all there is. */
static const ASN1_OCTET_STRING *signature_in(CMS_ContentInfo *message)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(message);
	CMS_SignerInfo *signer;
	X509_ALGOR *digest;

	if (!signers || sk_CMS_SignerInfo_num(signers) != 1 ||
	    CMS_is_detached(message) != 1)
		return NULL;
	signer = sk_CMS_SignerInfo_value(signers, 0);
	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
	if (OBJ_obj2nid(digest->algorithm) != NID_sha256 ||
	    CMS_signed_get_attr_count(signer) > 0)
		return NULL;
	return CMS_SignerInfo_get0_signature(signer);
}

static bool is_signature(const ASN1_OCTET_STRING *found, const uint8_t *signature)
{
	return found && ASN1_STRING_length(found) == LIMEN_FW_SIGNATURE_SIZE &&
	       !memcmp(ASN1_STRING_get0_data(found), signature,
		       LIMEN_FW_SIGNATURE_SIZE);
}

static bool write_message(CMS_ContentInfo *message, struct firmware_envelopes *envelopes)
{
	uint8_t *at = envelopes->pkcs7;
	int size = i2d_CMS_ContentInfo(message, NULL);

	if (size <= 0 || size > LIMEN_FW_PKCS7_SIZE_MAX)
		return false;
	envelopes->pkcs7_size = i2d_CMS_ContentInfo(message, &at);
	return true;
}

static int sign_with(const struct image *image, X509 *certificate, EVP_PKEY *key,
		     struct firmware_envelopes *envelopes)
{
	CMS_ContentInfo *message = NULL;
	bool done;

	if (sign_plainly(image->header, key, envelopes->signature))
		message = sign_message(image->header, certificate, key);
	done = message &&
	       is_signature(signature_in(message), envelopes->signature) &&
	       write_message(message, envelopes);
	CMS_ContentInfo_free(message);
	return done ? DONE : fail("libcrypto cannot sign with this key");
}

int firmware_sign(const struct image *image, const char *key_path,
		  const char *certificate_path, struct firmware_envelopes *envelopes)
{
	X509 *certificate = read_certificate(certificate_path);
	EVP_PKEY *key = certificate ? read_key(key_path) : NULL;
	uint8_t modulus[RSA_SIZE];
	int result = FAILED;

	if (key && !find_modulus(key, modulus))
		fail("%s: not an RSA key of 3072 bits with exponent 65537", key_path);
	else if (key && X509_check_private_key(certificate, key) != 1)
		fail("%s: not the certificate of the key in %s", certificate_path,
		     key_path);
	else if (key)
		result = sign_with(image, certificate, key, envelopes);
	EVP_PKEY_free(key);
	X509_free(certificate);
	ERR_clear_error();
	return result;
}

/* Whether the message's signature is of this content by this certificate. */
static bool verify_message(CMS_ContentInfo *message, X509 *certificate,
			   const uint8_t *header)
{
	STACK_OF(X509) *certificates = sk_X509_new_null();
	BIO *content = BIO_new_mem_buf(header, HEADER_SIZE);
	bool right;

	right = certificates && content && sk_X509_push(certificates, certificate) &&
		CMS_verify(message, certificates, NULL, content, NULL,
			   CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1;
	BIO_free(content);
	sk_X509_free(certificates);
	return right;
}

static bool pkcs7_is_right(const struct image *image, X509 *certificate)
{
	const uint8_t *at = image->pkcs7;
	CMS_ContentInfo *message = d2i_CMS_ContentInfo(NULL, &at, image->pkcs7_size);
	bool right;

	right = message && at == image->pkcs7 + image->pkcs7_size &&
		OBJ_obj2nid(CMS_get0_type(message)) == NID_pkcs7_signed &&
		is_signature(signature_in(message), image->signature) &&
		verify_message(message, certificate, image->header);
	CMS_ContentInfo_free(message);
	return right;
}

static int verify_with(const struct image *image, const char *path, X509 *certificate,
		       const char *certificate_path)
{
	uint8_t modulus[RSA_SIZE];
	const struct image_board board = {
		.modulus = modulus,
		.type = image->board_type,
		.security_floor = image->security_version,
	};
	enum limen_hw_refusal refusal;

	if (!find_modulus(X509_get0_pubkey(certificate), modulus))
		return fail("%s: not of an RSA key of 3072 bits with exponent 65537",
			    certificate_path);
	refusal = image_verify(image, &board);
	if (refusal)
		return fail("%s: %s", path, image->signature ?
			    firmware_refusal(refusal) : "nobody has signed it");
	if (!pkcs7_is_right(image, certificate))
		return fail("%s: its PKCS #7 message is not of this signature", path);
	return DONE;
}

int firmware_verify(const struct image *image, const char *path,
		    const char *certificate_path)
{
	X509 *certificate = read_certificate(certificate_path);
	int result = FAILED;

	if (certificate)
		result = verify_with(image, path, certificate, certificate_path);
	X509_free(certificate);
	ERR_clear_error();
	return result;
}
