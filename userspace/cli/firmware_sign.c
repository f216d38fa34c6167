// SPDX-License-Identifier: MIT
/*
 * Signatures of firmware, with libcrypto: the plain one for the board's ROM, and the same
 * in a PKCS #7 message for the driver's kernel.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/rsa.h>
#include <private.h>

#include "cli.h"
#include "firmware.h"

#define HEADER_SIZE sizeof(struct limen_fw_header)
#define EXPONENT 65537
#define PEM_SIZE_MAX (1u << 20)
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

/* The text of a PEM file, to be freed after it has been wiped; NULL after a line. */
static BIO *read_pem(const char *path, void **text, size_t *size)
{
	int error = file_load(path, PEM_SIZE_MAX, text, size);
	BIO *bio = error ? NULL : BIO_new_mem_buf(*text, *size);

	if (error)
		fail("%s: %s", path, limen_file_strerror(error));
	else if (!bio)
		free(*text);
	return bio;
}

static void forget_pem(BIO *bio, void *text, size_t size)
{
	BIO_free(bio);
	limen_wipe(text, size);
	free(text);
}

static X509 *read_certificate(const char *path)
{
	X509 *certificate;
	size_t size;
	void *text;
	BIO *bio = read_pem(path, &text, &size);

	if (!bio)
		return NULL;
	certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	forget_pem(bio, text, size);
	if (!certificate)
		fail("%s: no certificate in PEM", path);
	return certificate;
}

static EVP_PKEY *read_key(const char *path)
{
	EVP_PKEY *key;
	size_t size;
	void *text;
	BIO *bio = read_pem(path, &text, &size);

	if (!bio)
		return NULL;
	key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	forget_pem(bio, text, size);
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
	done = message && write_message(message, envelopes);
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

static bool is_algorithm(const X509_ALGOR *algorithm, int nid)
{
	return OBJ_obj2nid(algorithm->algorithm) == nid;
}

/* The kernel finds the signer by these bytes. */
static bool is_issuer(const X509_NAME *found, const X509_NAME *issuer)
{
	const unsigned char *a, *b;
	size_t a_size, b_size;

	return X509_NAME_get0_der(found, &a, &a_size) == 1 &&
	       X509_NAME_get0_der(issuer, &b, &b_size) == 1 &&
	       a_size == b_size && !memcmp(a, b, a_size);
}

static bool signer_is_right(const PKCS7_SIGNER_INFO *signer, const uint8_t *signature,
			    const X509 *certificate)
{
	const PKCS7_ISSUER_AND_SERIAL *who = signer->issuer_and_serial;

	return ASN1_INTEGER_get(signer->version) == 1 &&
	       is_issuer(who->issuer, X509_get_issuer_name(certificate)) &&
	       !ASN1_INTEGER_cmp(who->serial, X509_get0_serialNumber(certificate)) &&
	       is_algorithm(signer->digest_alg, NID_sha256) &&
	       is_algorithm(signer->digest_enc_alg, NID_rsaEncryption) &&
	       !signer->auth_attr && !signer->unauth_attr &&
	       ASN1_STRING_length(signer->enc_digest) == LIMEN_FW_SIGNATURE_SIZE &&
	       !memcmp(ASN1_STRING_get0_data(signer->enc_digest), signature,
		       LIMEN_FW_SIGNATURE_SIZE);
}

/* Whether a message says nothing but that this is the certificate's signature. */
static bool message_is_right(PKCS7 *message, const uint8_t *signature,
			     const X509 *certificate)
{
	const PKCS7_SIGNED *content;

	if (!PKCS7_type_is_signed(message) || !message->d.sign)
		return false;
	content = message->d.sign;
	return ASN1_INTEGER_get(content->version) == 1 &&
	       PKCS7_type_is_data(content->contents) && PKCS7_is_detached(message) &&
	       sk_X509_ALGOR_num(content->md_algs) == 1 &&
	       is_algorithm(sk_X509_ALGOR_value(content->md_algs, 0), NID_sha256) &&
	       sk_PKCS7_SIGNER_INFO_num(content->signer_info) == 1 &&
	       signer_is_right(sk_PKCS7_SIGNER_INFO_value(content->signer_info, 0),
			       signature, certificate);
}

/* Whether a message, written anew, has these bytes: the kernel reads DER alone. */
static bool is_der(PKCS7 *message, const uint8_t *bytes, int size)
{
	unsigned char *written = NULL;
	bool same;

	same = i2d_PKCS7(message, &written) == size && !memcmp(written, bytes, size);
	OPENSSL_free(written);
	return same;
}

static bool pkcs7_is_right(const struct image *image, const X509 *certificate)
{
	const uint8_t *at = image->pkcs7;
	PKCS7 *message = d2i_PKCS7(NULL, &at, image->pkcs7_size);
	bool right;

	right = message && message_is_right(message, image->signature, certificate) &&
		is_der(message, image->pkcs7, image->pkcs7_size);
	PKCS7_free(message);
	return right;
}

/* What the ROM has verified is verified by libcrypto, too. */
static bool signature_is_right(const struct image *image, X509 *certificate)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool right;

	right = context &&
		EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL,
				     X509_get0_pubkey(certificate)) == 1 &&
		EVP_DigestVerify(context, image->signature, LIMEN_FW_SIGNATURE_SIZE,
				 image->header, HEADER_SIZE) == 1;
	EVP_MD_CTX_free(context);
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
	if (!signature_is_right(image, certificate))
		return fail("%s: libcrypto does not verify its signature", path);
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
