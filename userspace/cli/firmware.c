// SPDX-License-Identifier: MIT
/* limen firmware: images that boards start. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>
#include <private.h>

#include "cli.h"
#include "firmware.h"

/* Programs come with what debuggers want to know. */
#define PROGRAM_SIZE_MAX (16 << 20)
#define HASH_TEXT_SIZE (2 * LIMEN_FW_HASH_SIZE + 1)

static const char help[] =
	"Usage: limen firmware pack CODE --board-type N --version MAJOR.MINOR\n"
	"                      --security-version N --api LEAST-GREATEST -o FILE\n"
	"       limen firmware sign IMAGE --key PEM --certificate PEM [-o FILE]\n"
	"       limen firmware verify IMAGE --certificate PEM\n"
	"       limen firmware info IMAGE\n"
	"Make images that boards start. CODE is an ELF program for rv32im, or the bytes\n"
	"themselves, which begin with the first instruction.\n"
	"\n"
	"  -B, --board-type N        pack: for boards of this type\n"
	"  -V, --version M.N         pack: of the firmware\n"
	"  -S, --security-version N  pack: boards with a greater floor refuse it\n"
	"  -A, --api L-G             pack: least and greatest minor version of the\n"
	"                            board interface that it speaks\n"
	"  -K, --key FILE            sign: private key, RSA with 3072 bits\n"
	"  -C, --certificate FILE    sign, verify: of the key\n"
	"  -o, --output FILE         pack, sign: where to write it (sign: IMAGE)\n"
	"  -j, --json                info: print JSON\n"
	"\n"
	"Exit status: 0 done, 1 it cannot be done (verify: the image is not right),\n"
	"2 wrong usage.\n";

/* A whole file, to be freed; NULL after a line. */
static uint8_t *read_file(const char *path, size_t most, size_t *size)
{
	void *data = NULL;
	int error = file_load(path, most, &data, size);

	if (error == -EFBIG)
		fail("%s: longer than %zu bytes", path, most);
	else if (error)
		fail("%s: %s", path, limen_file_strerror(error));
	return error ? NULL : data;
}

/* An image is no secret: unlike templates, others may read it. */
static int write_file(const char *path, const struct iovec *parts, unsigned int count)
{
	int error = file_replace(path, parts, count, 0666, FILE_STREAM);

	return error ? fail("%s: %s", path, limen_file_strerror(error)) : DONE;
}

/* Two numbers of 16 bits with a character between them. */
static int read_pair(const char *text, char between, uint32_t *pair)
{
	const char *second = strchr(text, between);
	char first[8];
	uint32_t high, low;

	if (!second || (size_t)(second - text) >= sizeof(first))
		return -EINVAL;
	memcpy(first, text, second - text);
	first[second - text] = '\0';
	if (limen_config_number(first, 0, UINT16_MAX, &high) ||
	    limen_config_number(second + 1, 0, UINT16_MAX, &low))
		return -EINVAL;
	*pair = high << 16 | low;
	return 0;
}

static int read_fields(const struct settings *settings, struct limen_fw_header *header)
{
	if (!settings->board_type || !settings->version || !settings->security_version ||
	    !settings->api || !settings->output)
		return misused("firmware pack takes --board-type, --version, "
			       "--security-version, --api and --output");
	if (limen_config_number(settings->board_type, 1, UINT32_MAX, &header->board_type))
		return misused("--board-type must be 1 to %u", UINT32_MAX);
	if (read_pair(settings->version, '.', &header->version))
		return misused("--version must be MAJOR.MINOR, each 0 to %u", UINT16_MAX);
	if (limen_config_number(settings->security_version, 0, UINT32_MAX,
				&header->security_version))
		return misused("--security-version must be 0 to %u", UINT32_MAX);
	if (read_pair(settings->api, '-', &header->api) ||
	    header->api >> 16 > (header->api & UINT16_MAX))
		return misused("--api must be LEAST-GREATEST, each 0 to %u", UINT16_MAX);
	return DONE;
}

static int pack_code(struct limen_fw_header *header, struct firmware_code *code,
		     const char *path, const char *output)
{
	const struct iovec parts[] = {
		{ header, sizeof(*header) },
		{ code->bytes, code->size },
	};

	header->magic = LIMEN_FW_MAGIC;
	header->format = LIMEN_FW_FORMAT;
	header->header_size = sizeof(*header);
	header->code_size = code->size;
	header->memory_size = code->memory_size;
	header->entry = code->entry;
	if (!SHA256(code->bytes, code->size, header->hash))
		return fail("%s: libcrypto cannot hash it", path);
	return write_file(output, parts, 2);
}

static int pack_file(const struct settings *settings, const char *path)
{
	struct limen_fw_header header = {};
	struct firmware_code *code;
	const char *wrong;
	uint8_t *data;
	size_t size;
	int result;

	result = read_fields(settings, &header);
	if (result)
		return result;
	data = read_file(path, PROGRAM_SIZE_MAX, &size);
	if (!data)
		return FAILED;
	code = malloc(sizeof(*code));
	wrong = code ? firmware_code_read(code, data, size) : "out of memory";
	if (wrong)
		result = fail("%s: %s", path, wrong);
	else
		result = pack_code(&header, code, path, settings->output);
	free(code);
	free(data);
	return result;
}

/* An image of the right form, in memory to be freed; NULL after a line. */
static uint8_t *open_image(const char *path, struct image *image)
{
	enum limen_hw_refusal refusal;
	uint8_t *data;
	size_t size;

	data = read_file(path, LIMEN_FW_SIZE_MAX, &size);
	if (!data)
		return NULL;
	refusal = image_read(image, data, size);
	if (!refusal)
		return data;
	fail("%s: %s", path, firmware_refusal(refusal));
	free(data);
	return NULL;
}

/* What is signed already gets the new signature instead. */
static int sign_image(const struct settings *settings, const char *path, uint8_t *data,
		      const struct image *image)
{
	struct firmware_envelopes envelopes;
	struct iovec parts[] = {
		{ data, sizeof(struct limen_fw_header) + image->code_size },
		{ envelopes.signature, LIMEN_FW_SIGNATURE_SIZE },
		{ envelopes.pkcs7, 0 },
	};
	struct image result = *image;

	if (firmware_sign(image, settings->key, settings->certificate, &envelopes))
		return FAILED;
	parts[2].iov_len = envelopes.pkcs7_size;
	result.signature = envelopes.signature;
	result.pkcs7 = envelopes.pkcs7;
	result.pkcs7_size = envelopes.pkcs7_size;
	if (firmware_verify(&result, path, settings->certificate))
		return FAILED;
	return write_file(settings->output ?: path, parts, 3);
}

static int sign_file(const struct settings *settings, const char *path)
{
	struct image image;
	uint8_t *data;
	int result;

	if (!settings->key || !settings->certificate)
		return misused("firmware sign takes --key and --certificate");
	data = open_image(path, &image);
	if (!data)
		return FAILED;
	result = sign_image(settings, path, data, &image);
	free(data);
	return result;
}

static int verify_file(const struct settings *settings, const char *path)
{
	struct image image;
	uint8_t *data;
	int result;

	if (!settings->certificate)
		return misused("firmware verify takes --certificate");
	data = open_image(path, &image);
	if (!data)
		return FAILED;
	result = firmware_verify(&image, path, settings->certificate);
	if (!result)
		printf("%s: signed, version %u.%u, security version %u\n", path,
		       image.version >> 16, image.version & UINT16_MAX,
		       image.security_version);
	free(data);
	return result;
}

static void print_info(const struct image *image, const char *hash)
{
	printf("board type        %u\n", image->board_type);
	printf("version           %u.%u\n", image->version >> 16,
	       image->version & UINT16_MAX);
	printf("security version  %u\n", image->security_version);
	printf("api               %u-%u\n", image->api >> 16, image->api & UINT16_MAX);
	printf("code              %u bytes\n", image->code_size);
	printf("memory            %u bytes\n", image->memory_size);
	printf("entry             0x%08x\n", image->entry);
	printf("hash              %s\n", hash);
	printf("signed            %s\n", image->signature ? "yes, not verified" : "no");
}

static void print_info_json(const struct image *image, const char *hash)
{
	struct json_object *object = json_object_new_object();

	json_add_whole(object, "board_type", image->board_type);
	json_add_whole(object, "version_major", image->version >> 16);
	json_add_whole(object, "version_minor", image->version & UINT16_MAX);
	json_add_whole(object, "security_version", image->security_version);
	json_add_whole(object, "api_least", image->api >> 16);
	json_add_whole(object, "api_greatest", image->api & UINT16_MAX);
	json_add_whole(object, "code_size", image->code_size);
	json_add_whole(object, "memory_size", image->memory_size);
	json_add_whole(object, "entry", image->entry);
	json_add_text(object, "hash", hash);
	json_add_truth(object, "signed", image->signature != NULL);
	print_json(object);
}

static int show_file(const struct settings *settings, const char *path)
{
	char hash[HASH_TEXT_SIZE];
	struct image image;
	unsigned int i;
	uint8_t *data;

	data = open_image(path, &image);
	if (!data)
		return FAILED;
	for (i = 0; i < LIMEN_FW_HASH_SIZE; i++)
		snprintf(hash + 2 * (size_t)i, 3, "%02x", image.hash[i]);
	if (settings->json)
		print_info_json(&image, hash);
	else
		print_info(&image, hash);
	free(data);
	return DONE;
}

static const struct {
	const char *name;
	int (*run)(const struct settings *settings, const char *path);
} actions[] = {
	{ "pack", pack_file },
	{ "sign", sign_file },
	{ "verify", verify_file },
	{ "info", show_file },
};

int command_firmware(int argc, char **argv)
{
	struct settings settings;
	unsigned int i;
	bool leave;
	int result;

	result = read_settings(argc, argv, "ABCKSVjo", help, &settings, &leave);
	if (leave)
		return result;
	if (argc - optind != 2)
		return misused("firmware takes an action and a file");
	for (i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (!strcmp(argv[optind], actions[i].name))
			break;
	if (i == sizeof(actions) / sizeof(*actions))
		return misused("firmware: no action %s", argv[optind]);
	if (settings.json && actions[i].run != show_file)
		return misused("firmware %s prints no JSON", actions[i].name);
	return actions[i].run(&settings, argv[optind + 1]);
}
