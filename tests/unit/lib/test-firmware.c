// SPDX-License-Identifier: MIT
/* limen firmware: what it makes is what a board starts, and what it refuses. */
#include <elf.h>
#include <stddef.h>
#include <sys/stat.h>

#include <image.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "../face/suite.h"
#include "command.h"

#define CODE_SIZE 1001 /* of the file; no multiple of 4 */
#define IMAGE_CODE_SIZE 1004
#define HEADER_SIZE sizeof(struct limen_fw_header)
#define SIGNATURE_AT (HEADER_SIZE + IMAGE_CODE_SIZE)
#define PKCS7_AT (SIGNATURE_AT + LIMEN_FW_SIGNATURE_SIZE)

static uint8_t code[CODE_SIZE];

/* Packs a file of this name into "image". */
#define pack(name) run("firmware", "pack", in_folder(name), "--board-type", "7", \
		       "--version", "1.2", "--security-version", "3", "--api", "2-4", \
		       "-o", in_folder("image"))
#define sign() run("firmware", "sign", in_folder("image"), "--key", KEY, \
		   "--certificate", CERTIFICATE)
#define verify(name) run("firmware", "verify", in_folder(name), "--certificate", CERTIFICATE)

static void setup(void)
{
	unsigned int i;

	folder_make();
	for (i = 0; i < CODE_SIZE; i++)
		code[i] = 7 * i + 3;
	file_write(in_folder("code"), code, CODE_SIZE);
}

/* Packs and signs; the bytes, to be freed. */
static uint8_t *signed_image(size_t *size)
{
	ck_assert_int_eq(pack("code"), 0);
	check_says("");
	ck_assert_int_eq(sign(), 0);
	check_says("");
	return file_slurp(in_folder("image"), size);
}

/* The development key's, as the ROM has it. */
static void read_modulus(uint8_t modulus[RSA_SIZE])
{
	FILE *file = fopen(CERTIFICATE, "re");
	BIGNUM *n = NULL;
	X509 *certificate;

	ck_assert_ptr_nonnull(file);
	certificate = PEM_read_X509(file, NULL, NULL, NULL);
	ck_assert_ptr_nonnull(certificate);
	ck_assert_int_eq(EVP_PKEY_get_bn_param(X509_get0_pubkey(certificate),
					       OSSL_PKEY_PARAM_RSA_N, &n), 1);
	ck_assert_int_eq(BN_bn2binpad(n, modulus, RSA_SIZE), RSA_SIZE);
	BN_free(n);
	X509_free(certificate);
	fclose(file);
}

/* From the bytes of a program to what the ROM says of them. */
START_TEST(what_is_signed_is_started)
{
	uint8_t modulus[RSA_SIZE], *data;
	struct image_board board = {
		.modulus = modulus, .type = 7, .security_floor = 3,
	};
	struct image image;
	size_t size;

	data = signed_image(&size);
	read_modulus(modulus);
	ck_assert_int_eq(image_read(&image, data, size), LIMEN_HW_REFUSED_NOT);
	ck_assert_int_eq(image_verify(&image, &board), LIMEN_HW_REFUSED_NOT);
	ck_assert_uint_eq(image.version, 0x10002);
	ck_assert_uint_eq(image.api, 0x20004);
	ck_assert_uint_eq(image.code_size, IMAGE_CODE_SIZE);
	ck_assert_uint_eq(image.memory_size, IMAGE_CODE_SIZE);
	ck_assert_uint_eq(image.entry, LIMEN_FW_CODE_ADDRESS);
	ck_assert_mem_eq(image.code, code, CODE_SIZE);
	ck_assert_mem_eq(image.code + CODE_SIZE, "\0\0\0", 3);
	/* Both envelopes hold one signature. */
	ck_assert_ptr_nonnull(memmem(image.pkcs7, image.pkcs7_size, image.signature,
				     LIMEN_FW_SIGNATURE_SIZE));
	ck_assert_int_eq(verify("image"), 0);
	check_says("image: signed, version 1.2, security version 3\n");
	board.security_floor = 4;
	ck_assert_int_eq(image_verify(&image, &board), LIMEN_HW_REFUSED_SECURITY);
	free(data);
}
END_TEST

/* A new signature takes the place of the old one. */
START_TEST(signing_again_changes_nothing)
{
	uint8_t *first, *second;
	size_t size, again;

	first = signed_image(&size);
	ck_assert_int_eq(sign(), 0);
	second = file_slurp(in_folder("image"), &again);
	ck_assert_uint_eq(size, again);
	ck_assert_mem_eq(first, second, size);
	free(first);
	free(second);
}
END_TEST

START_TEST(signing_into_another_file)
{
	uint8_t *before, *after;
	size_t size, again;
	struct stat stat;

	umask(027);
	ck_assert_int_eq(pack("code"), 0);
	before = file_slurp(in_folder("image"), &size);
	ck_assert_int_eq(run("firmware", "sign", in_folder("image"), "--key", KEY,
			     "--certificate", CERTIFICATE, "-o", in_folder("signed")), 0);
	after = file_slurp(in_folder("image"), &again);
	ck_assert_uint_eq(size, again);
	ck_assert_mem_eq(before, after, size);
	ck_assert_int_eq(verify("signed"), 0);
	ck_assert_int_eq(lstat(in_folder("signed"), &stat), 0);
	ck_assert_uint_eq(stat.st_mode, S_IFREG | 0640);
	free(before);
	free(after);
}
END_TEST

START_TEST(info)
{
	struct json_object *object;

	ck_assert_int_eq(pack("code"), 0);
	ck_assert_int_eq(run("firmware", "info", in_folder("image")), 0);
	check_says("board type        7\nversion           1.2\n"
		   "security version  3\napi               2-4\n"
		   "code              1004 bytes\nmemory            1004 bytes\n"
		   "entry             0x10000000\nhash              ");
	check_says("\nsigned            no\n");
	ck_assert_int_eq(sign(), 0);
	ck_assert_int_eq(run("firmware", "info", in_folder("image")), 0);
	check_says("\nsigned            yes, not verified\n");
	ck_assert_int_eq(run("firmware", "info", "--json", in_folder("image")), 0);
	object = parsed();
	ck_assert_int_eq(number(object, "board_type"), 7);
	ck_assert_int_eq(number(object, "version_major"), 1);
	ck_assert_int_eq(number(object, "version_minor"), 2);
	ck_assert_int_eq(number(object, "security_version"), 3);
	ck_assert_int_eq(number(object, "api_least"), 2);
	ck_assert_int_eq(number(object, "api_greatest"), 4);
	ck_assert_int_eq(number(object, "code_size"), 1004);
	ck_assert_int_eq(number(object, "entry"), LIMEN_FW_CODE_ADDRESS);
	ck_assert_uint_eq(strlen(text(object, "hash")), 64);
	ck_assert_str_eq(text(object, "signed"), "true");
	json_object_put(object);
}
END_TEST

/* A byte of a signed image that is changed, and what verify says. */
static const struct {
	size_t at;
	const char *what;
} changes[] = {
	{ 0, "not a firmware image" },
	{ 4, "not a firmware image" },
	{ offsetof(struct limen_fw_header, board_type), "not signed by" },
	{ offsetof(struct limen_fw_header, security_version), "not signed by" },
	{ offsetof(struct limen_fw_header, code_size), "out of range" },
	{ offsetof(struct limen_fw_header, reserved) + 27, "not a firmware image" },
	{ offsetof(struct limen_fw_header, hash), "not what the header says" },
	{ HEADER_SIZE, "not what the header says" },
	{ SIGNATURE_AT - 1, "not what the header says" },
	{ SIGNATURE_AT, "not signed by" },
	{ PKCS7_AT - 1, "not signed by" },
	{ PKCS7_AT, "PKCS #7" },
	{ PKCS7_AT + 6, "PKCS #7" }, /* the kind of message */
	{ PKCS7_AT + 25, "PKCS #7" }, /* the version */
	{ PKCS7_AT + 40, "PKCS #7" }, /* the hash's name */
	{ PKCS7_AT + 45, "PKCS #7" }, /* the kind of content */
	{ PKCS7_AT + 64, "PKCS #7" }, /* the signer's version */
	{ PKCS7_AT + 80, "PKCS #7" }, /* the signer's name */
	{ PKCS7_AT + 150, "PKCS #7" }, /* the certificate's number */
	{ PKCS7_AT + 181, "PKCS #7" }, /* the kind of signature */
	{ PKCS7_AT + 300, "PKCS #7" }, /* the signature */
};

START_TEST(verify_says_what_is_wrong)
{
	uint8_t *data;
	size_t size;

	data = signed_image(&size);
	data[changes[_i].at] ^= 1;
	file_write(in_folder("image"), data, size);
	ck_assert_int_eq(verify("image"), 1);
	check_error(changes[_i].what);
	free(data);
}
END_TEST

static const int lengths[] = {
	0, 1, HEADER_SIZE - 1, HEADER_SIZE, SIGNATURE_AT - 1, SIGNATURE_AT + 1,
	PKCS7_AT - 1, PKCS7_AT,
};

START_TEST(verify_of_a_part)
{
	uint8_t *data;
	size_t size;

	data = signed_image(&size);
	file_write(in_folder("image"), data, lengths[_i]);
	ck_assert_int_eq(verify("image"), 1);
	check_error("out of range");
	free(data);
}
END_TEST

START_TEST(verify_of_the_message)
{
	uint8_t *data, *longer;
	size_t size;

	data = signed_image(&size);
	file_write(in_folder("image"), data, size - 1);
	ck_assert_int_eq(verify("image"), 1);
	check_error("PKCS #7");
	longer = calloc(1, LIMEN_FW_SIZE_MAX + 1);
	ck_assert_ptr_nonnull(longer);
	memcpy(longer, data, size);
	file_write(in_folder("image"), longer, size + 1);
	ck_assert_int_eq(verify("image"), 1);
	check_error("PKCS #7");
	file_write(in_folder("image"), longer, LIMEN_FW_SIZE_MAX + 1);
	ck_assert_int_eq(verify("image"), 1);
	check_error("longer than 196608 bytes");
	free(data);
	free(longer);
}
END_TEST

/* A message of the right kind, with nothing in it. */
START_TEST(verify_of_an_empty_message)
{
	static const uint8_t empty[] = {
		0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07,
		0x02,
	};
	uint8_t *data;
	size_t size;

	data = signed_image(&size);
	memcpy(data + PKCS7_AT, empty, sizeof(empty));
	file_write(in_folder("image"), data, PKCS7_AT + sizeof(empty));
	ck_assert_int_eq(verify("image"), 1);
	check_error("PKCS #7");
	free(data);
}
END_TEST

/* The message of another image, signed by the same key. */
START_TEST(verify_of_swapped_messages)
{
	uint8_t *data, *other;
	size_t size, other_size;

	data = signed_image(&size);
	code[0] ^= 1;
	file_write(in_folder("code"), code, CODE_SIZE);
	other = signed_image(&other_size);
	ck_assert_uint_eq(size, other_size);
	memcpy(data + PKCS7_AT, other + PKCS7_AT, size - PKCS7_AT);
	file_write(in_folder("image"), data, size);
	ck_assert_int_eq(verify("image"), 1);
	check_error("PKCS #7");
	free(data);
	free(other);
}
END_TEST

START_TEST(verify_of_what_nobody_signed)
{
	ck_assert_int_eq(pack("code"), 0);
	ck_assert_int_eq(verify("image"), 1);
	check_error("nobody has signed it");
}
END_TEST

/* A key in "key", and a certificate of it in "certificate". */
static void make_key(unsigned int bits)
{
	EVP_PKEY *key = EVP_RSA_gen(bits);
	X509 *certificate = X509_new();
	FILE *file = fopen(in_folder("key"), "we");

	ck_assert(key && certificate && file);
	ck_assert_int_eq(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
				   (const unsigned char *)"another", -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
	ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
	file = fopen(in_folder("certificate"), "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(PEM_write_X509(file, certificate), 1);
	fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

START_TEST(keys_of_others)
{
	make_key(3072);
	ck_assert_int_eq(pack("code"), 0);
	ck_assert_int_eq(run("firmware", "sign", in_folder("image"), "--key", KEY,
			     "--certificate", in_folder("certificate")), 1);
	check_error("not the certificate of the key");
	ck_assert_int_eq(run("firmware", "sign", in_folder("image"), "--key",
			     in_folder("key"), "--certificate", in_folder("certificate")), 0);
	ck_assert_int_eq(run("firmware", "verify", in_folder("image"), "--certificate",
			     in_folder("certificate")), 0);
	ck_assert_int_eq(verify("image"), 1);
	check_error("not signed by this certificate's key");
}
END_TEST

START_TEST(keys_of_another_kind)
{
	make_key(2048);
	ck_assert_int_eq(pack("code"), 0);
	ck_assert_int_eq(run("firmware", "sign", in_folder("image"), "--key",
			     in_folder("key"), "--certificate", in_folder("certificate")), 1);
	check_error("key: not an RSA key of 3072 bits");
	ck_assert_int_eq(sign(), 0);
	ck_assert_int_eq(run("firmware", "verify", in_folder("image"), "--certificate",
			     in_folder("certificate")), 1);
	check_error("certificate: not of an RSA key of 3072 bits");
}
END_TEST

START_TEST(files_that_are_not_there)
{
	unsigned int count;

	ck_assert_int_eq(pack("absent"), 1);
	check_error("absent: No such file");
	ck_assert_int_eq(pack("code"), 0);
	ck_assert_int_eq(run("firmware", "sign", in_folder("image"), "--key",
			     in_folder("code"), "--certificate", CERTIFICATE), 1);
	check_error("code: no private key in PEM");
	ck_assert_int_eq(run("firmware", "sign", in_folder("image"), "--key", KEY,
			     "--certificate", KEY), 1);
	check_error("no certificate in PEM");
	ck_assert_int_eq(run("firmware", "sign", in_folder("image"), "--key", "/nonexistent",
			     "--certificate", CERTIFICATE), 1);
	check_error("/nonexistent: No such file");
	ck_assert_int_eq(run("firmware", "info", in_folder("code")), 1);
	check_error("not a firmware image");
	ck_assert_int_eq(run("firmware", "info", sample_folder), 1);
	check_error("Is a directory");
	count = folder_count();
	ck_assert_int_eq(run("firmware", "sign", in_folder("image"), "--key", KEY,
			     "--certificate", CERTIFICATE, "-o", "/nonexistent/x"), 1);
	check_error("/nonexistent/x: No such file");
	/* A folder cannot be replaced; what was written beside it is gone. */
	ck_assert_int_eq(mkdir(in_folder("folder"), 0700), 0);
	ck_assert_int_eq(run("firmware", "sign", in_folder("image"), "--key", KEY,
			     "--certificate", CERTIFICATE, "-o", in_folder("folder")), 1);
	check_error("folder: ");
	ck_assert_int_eq(rmdir(in_folder("folder")), 0);
	ck_assert_uint_eq(folder_count(), count);
}
END_TEST

/* The values of pack's options, in the order of its usage. */
static int pack_with(const char *type, const char *version, const char *security,
		     const char *api)
{
	return run("firmware", "pack", in_folder("code"), "-B", type, "-V", version, "-S",
		   security, "-A", api, "-o", in_folder("image"));
}

START_TEST(wrong_usage)
{
	ck_assert_int_eq(run("firmware"), 2);
	check_error("an action and a file");
	ck_assert_int_eq(run("firmware", "burn", "x"), 2);
	check_error("no action burn");
	ck_assert_int_eq(run("firmware", "verify", "x", "--json", "--certificate",
			     CERTIFICATE), 2);
	check_error("firmware verify prints no JSON");
	ck_assert_int_eq(run("firmware", "pack", in_folder("code"), "-o", "x"), 2);
	check_error("pack takes --board-type");
	ck_assert_int_eq(run("firmware", "sign", "x", "--key", KEY), 2);
	check_error("sign takes --key and --certificate");
	ck_assert_int_eq(run("firmware", "verify", "x"), 2);
	check_error("verify takes --certificate");
	ck_assert_int_eq(run("firmware", "info", "x", "--top", "3"), 2);
	check_error("--top");
	ck_assert_int_eq(pack_with("0", "1.2", "3", "2-4"), 2);
	check_error("--board-type");
	ck_assert_int_eq(pack_with("4294967296", "1.2", "3", "2-4"), 2);
	check_error("--board-type");
	ck_assert_int_eq(pack_with("7", "1", "3", "2-4"), 2);
	check_error("--version");
	ck_assert_int_eq(pack_with("7", "1.65536", "3", "2-4"), 2);
	check_error("--version");
	ck_assert_int_eq(pack_with("7", "000000001.2", "3", "2-4"), 2);
	check_error("--version");
	ck_assert_int_eq(pack_with("7", "1.2", "-1", "2-4"), 2);
	check_error("--security-version");
	ck_assert_int_eq(pack_with("7", "1.2", "3", "4-2"), 2);
	check_error("--api");
	ck_assert_int_eq(pack_with("7", "1.2", "3", "2"), 2);
	check_error("--api");
	ck_assert_int_eq(pack_with("7", "1.2", "3", "-2"), 2);
	check_error("--api");
	ck_assert_int_ne(access(in_folder("image"), F_OK), 0);
}
END_TEST

/**
 * struct program - an ELF file with code, data and memory behind it
 * @header: of the file
 * @segments: code; data, 64 bytes after it, with 1000 bytes of zeros behind
 * @code: of the first segment
 * @data: of the second
 */
struct program {
	Elf32_Ehdr header;
	Elf32_Phdr segments[2];
	uint8_t code[400];
	uint8_t data[37];
};

static struct program program(void)
{
	struct program program = {
		.header = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32,
				     ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = EM_RISCV, .e_version = EV_CURRENT,
			.e_entry = LIMEN_FW_CODE_ADDRESS + 8,
			.e_phoff = offsetof(struct program, segments),
			.e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 2,
		},
		.segments = {
			{ .p_type = PT_LOAD, .p_offset = offsetof(struct program, code),
			  .p_vaddr = LIMEN_FW_CODE_ADDRESS,
			  .p_paddr = LIMEN_FW_CODE_ADDRESS,
			  .p_filesz = 400, .p_memsz = 400 },
			{ .p_type = PT_LOAD, .p_offset = offsetof(struct program, data),
			  .p_vaddr = LIMEN_FW_CODE_ADDRESS + 464,
			  .p_paddr = LIMEN_FW_CODE_ADDRESS + 464,
			  .p_filesz = 37, .p_memsz = 1037 },
		},
	};

	memset(program.code, 0x13, sizeof(program.code));
	memset(program.data, 0x42, sizeof(program.data));
	return program;
}

START_TEST(programs)
{
	struct program elf = program();
	struct image image;
	uint8_t *data;
	size_t size;

	file_write(in_folder("elf"), &elf, sizeof(elf));
	ck_assert_int_eq(pack("elf"), 0);
	data = file_slurp(in_folder("image"), &size);
	ck_assert_int_eq(image_read(&image, data, size), LIMEN_HW_REFUSED_NOT);
	ck_assert_uint_eq(image.code_size, 504);
	ck_assert_uint_eq(image.memory_size, 464 + 1037);
	ck_assert_uint_eq(image.entry, LIMEN_FW_CODE_ADDRESS + 8);
	ck_assert_mem_eq(image.code, elf.code, 400);
	ck_assert_uint_eq(image.code[400] | image.code[463], 0);
	ck_assert_mem_eq(image.code + 464, elf.data, 37);
	ck_assert_uint_eq(image.code[501] | image.code[503], 0);
	free(data);
}
END_TEST

#define HEADER(name) offsetof(struct program, header.name), \
	sizeof(((struct program *)0)->header.name)
#define SEGMENT(i, name) offsetof(struct program, segments[i].name), 4

static const struct {
	size_t at;
	size_t size;
	uint32_t value;
	const char *what;
} wrong_programs[] = {
	{ HEADER(e_ident[EI_CLASS]), ELFCLASS64, "not a 32-bit" },
	{ HEADER(e_ident[EI_DATA]), ELFDATA2MSB, "not a 32-bit" },
	{ HEADER(e_type), ET_REL, "not a 32-bit little-endian program" },
	{ HEADER(e_machine), EM_ARM, "not for the board's processor" },
	{ HEADER(e_flags), 1, "not for the board's processor" },
	{ HEADER(e_phentsize), 56, "table of segments" },
	{ HEADER(e_phoff), 0xffffffff, "table of segments" },
	{ HEADER(e_phoff), sizeof(struct program) - 63, "table of segments" },
	{ HEADER(e_phnum), 65535, "table of segments" },
	{ HEADER(e_phnum), 0, "no code in it" },
	{ HEADER(e_entry), LIMEN_FW_CODE_ADDRESS - 4, "does not begin within its code" },
	{ HEADER(e_entry), LIMEN_FW_CODE_ADDRESS + 2, "does not begin within its code" },
	{ HEADER(e_entry), LIMEN_FW_CODE_ADDRESS + 504, "does not begin within its code" },
	{ SEGMENT(0, p_offset), 0xfffffff0, "a segment is not in the file" },
	{ SEGMENT(1, p_offset), sizeof(struct program) - 36, "a segment is not in the file" },
	{ SEGMENT(0, p_filesz), 401, "a segment is not in the file" },
	{ SEGMENT(0, p_filesz), 0xffffffff, "a segment is not in the file" },
	{ SEGMENT(0, p_vaddr), 0, "not loaded where it runs" },
	{ SEGMENT(1, p_paddr), 0, "not loaded where it runs" },
	{ SEGMENT(0, p_memsz), 465, "segments overlap" },
	{ SEGMENT(1, p_memsz), 0x40000 - 463, "not in the board's memory" },
	{ SEGMENT(1, p_memsz), 0xffffffff, "not in the board's memory" },
};

START_TEST(programs_refused)
{
	struct program elf = program();

	memcpy((uint8_t *)&elf + wrong_programs[_i].at, &wrong_programs[_i].value,
	       wrong_programs[_i].size);
	file_write(in_folder("elf"), &elf, sizeof(elf));
	ck_assert_int_eq(pack("elf"), 1);
	check_error(wrong_programs[_i].what);
	ck_assert_int_ne(access(in_folder("image"), F_OK), 0);
}
END_TEST

/* Both addresses of a segment, moved. */
START_TEST(programs_beyond_memory)
{
	static const struct {
		uint32_t address;
		const char *what;
	} places[] = {
		{ LIMEN_FW_CODE_ADDRESS - 4, "not in the board's memory" },
		{ LIMEN_FW_CODE_ADDRESS + 0x40000 - 1036, "not in the board's memory" },
		{ 0xfffffff0, "not in the board's memory" },
		{ LIMEN_FW_CODE_ADDRESS + LIMEN_FW_CODE_SIZE_MAX - 36, "more code than" },
		{ LIMEN_FW_CODE_ADDRESS + LIMEN_FW_CODE_SIZE_MAX + 4, "more code than" },
	};
	struct program elf = program();
	unsigned int i;

	for (i = 0; i < COUNT_OF(places); i++) {
		elf.segments[1].p_vaddr = elf.segments[1].p_paddr = places[i].address;
		file_write(in_folder("elf"), &elf, sizeof(elf));
		ck_assert_int_eq(pack("elf"), 1);
		check_error(places[i].what);
	}
}
END_TEST

START_TEST(code_of_every_size)
{
	const size_t most = LIMEN_FW_CODE_SIZE_MAX;
	uint8_t *bytes = calloc(1, most + 1);

	ck_assert_ptr_nonnull(bytes);
	file_write(in_folder("code"), bytes, 0);
	ck_assert_int_eq(pack("code"), 1);
	check_error("no code in it");
	file_write(in_folder("code"), bytes, 1);
	ck_assert_int_eq(pack("code"), 0);
	file_write(in_folder("code"), bytes, most);
	ck_assert_int_eq(pack("code"), 0);
	ck_assert_int_eq(sign(), 0);
	ck_assert_int_eq(verify("image"), 0);
	file_write(in_folder("code"), bytes, most + 1);
	ck_assert_int_eq(pack("code"), 1);
	check_error("more code than a board takes");
	file_write(in_folder("code"), "\x7f" "ELF", 4);
	ck_assert_int_eq(pack("code"), 1);
	check_error("truncated");
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("firmware");
	TCase *tests = tcase_create("firmware");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, folder_remove);
	tcase_add_test(tests, what_is_signed_is_started);
	tcase_add_test(tests, signing_again_changes_nothing);
	tcase_add_test(tests, signing_into_another_file);
	tcase_add_test(tests, info);
	tcase_add_loop_test(tests, verify_says_what_is_wrong, 0, COUNT_OF(changes));
	tcase_add_loop_test(tests, verify_of_a_part, 0, COUNT_OF(lengths));
	tcase_add_test(tests, verify_of_the_message);
	tcase_add_test(tests, verify_of_an_empty_message);
	tcase_add_test(tests, verify_of_swapped_messages);
	tcase_add_test(tests, verify_of_what_nobody_signed);
	tcase_add_test(tests, keys_of_others);
	tcase_add_test(tests, keys_of_another_kind);
	tcase_add_test(tests, files_that_are_not_there);
	tcase_add_test(tests, wrong_usage);
	tcase_add_test(tests, programs);
	tcase_add_loop_test(tests, programs_refused, 0, COUNT_OF(wrong_programs));
	tcase_add_test(tests, programs_beyond_memory);
	tcase_add_test(tests, code_of_every_size);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
