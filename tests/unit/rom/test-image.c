// SPDX-License-Identifier: MIT
/* Which images the ROM starts, and why it refuses the others. */
#include <stddef.h>

#include <image.h>

#include "../../../firmware/shell.h"
#include "signer.h"

#define CODE_SIZE 1024
#define PKCS7_SIZE 500 /* the ROM does not read it */
#define HEADER_SIZE sizeof(struct limen_fw_header)
#define SIGNED_SIZE (HEADER_SIZE + CODE_SIZE + LIMEN_FW_SIGNATURE_SIZE)
#define WHOLE_SIZE (SIGNED_SIZE + PKCS7_SIZE)

static EVP_PKEY *key;
static uint8_t modulus[RSA_SIZE];
static uint8_t data[LIMEN_FW_SIZE_MAX + 1];
static struct limen_fw_header header;
static struct image_board board;

/* Puts the header before the code, signed or with the signature it had. */
static void put_header(bool sign)
{
	uint8_t hash[SHA256_SIZE];

	memcpy(data, &header, HEADER_SIZE);
	if (!sign)
		return;
	SHA256(data, HEADER_SIZE, hash);
	signer_sign(key, RSA_PKCS1_PADDING, hash, sizeof(hash), data + HEADER_SIZE + CODE_SIZE);
}

static void setup(void)
{
	key = signer_open();
	signer_modulus(key, modulus);
	board = (struct image_board){
		.modulus = modulus, .type = 5, .security_floor = 3,
	};
	header = (struct limen_fw_header){
		.magic = LIMEN_FW_MAGIC, .format = LIMEN_FW_FORMAT,
		.header_size = HEADER_SIZE, .board_type = 5, .version = 0x10002,
		.security_version = 3, .api = 0x20003, .code_size = CODE_SIZE,
		.memory_size = 0x20000, .entry = LIMEN_FW_CODE_ADDRESS + 16,
	};
	signer_fill(data, sizeof(data), 1);
	SHA256(data + HEADER_SIZE, CODE_SIZE, header.hash);
	put_header(true);
}

static void teardown(void)
{
	EVP_PKEY_free(key);
}

static enum limen_hw_refusal judge_bytes(const uint8_t *bytes, size_t size)
{
	struct image image;
	enum limen_hw_refusal refusal = image_read(&image, bytes, size);

	return refusal ? refusal : image_verify(&image, &board);
}

/* As the ROM does, from memory of this size, so that a sanitizer sees what is beyond. */
static enum limen_hw_refusal judge(size_t size)
{
	uint8_t *copy = malloc(size + !size);
	enum limen_hw_refusal refusal;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, data, size);
	refusal = judge_bytes(copy, size);
	free(copy);
	return refusal;
}

START_TEST(a_right_image_is_started)
{
	struct image image;

	ck_assert_int_eq(judge(WHOLE_SIZE), LIMEN_HW_REFUSED_NOT);
	ck_assert_int_eq(image_read(&image, data, WHOLE_SIZE), LIMEN_HW_REFUSED_NOT);
	ck_assert_uint_eq(image.board_type, 5);
	ck_assert_uint_eq(image.version, 0x10002);
	ck_assert_uint_eq(image.security_version, 3);
	ck_assert_uint_eq(image.api, 0x20003);
	ck_assert_uint_eq(image.code_size, CODE_SIZE);
	ck_assert_uint_eq(image.memory_size, 0x20000);
	ck_assert_uint_eq(image.entry, LIMEN_FW_CODE_ADDRESS + 16);
	ck_assert_ptr_eq(image.header, data);
	ck_assert_ptr_eq(image.hash, data + offsetof(struct limen_fw_header, hash));
	ck_assert_ptr_eq(image.code, data + HEADER_SIZE);
	ck_assert_ptr_eq(image.signature, data + HEADER_SIZE + CODE_SIZE);
	ck_assert_ptr_eq(image.pkcs7, data + SIGNED_SIZE);
	ck_assert_uint_eq(image.pkcs7_size, PKCS7_SIZE);
}
END_TEST

/* The layout is the contract's, whatever this compiler makes of its structure. */
START_TEST(layout_is_the_contract)
{
	ck_assert_mem_eq(data, "LIFW\x01\x00\x60\x00\x05\x00\x00\x00\x02\x00\x01\x00", 16);
	ck_assert_mem_eq(data + 16, "\x03\x00\x00\x00\x03\x00\x02\x00\x00\x04\x00\x00", 12);
	ck_assert_mem_eq(data + 28, "\x00\x00\x02\x00\x10\x00\x00\x10", 8);
	ck_assert_mem_eq(data + 64, header.hash, LIMEN_FW_HASH_SIZE);
}
END_TEST

/*
 * A field with a value that is refused, in a header that is signed nevertheless. The
 * field is the offset of its first byte, always of 32 bits.
 */
#define FIELD(name) offsetof(struct limen_fw_header, name)
#define CODE LIMEN_FW_CODE_ADDRESS

static const struct {
	size_t field;
	uint32_t value;
	enum limen_hw_refusal refusal;
} wrong_fields[] = {
	{ FIELD(magic), 0, LIMEN_HW_REFUSED_FORMAT },
	{ FIELD(magic), LIMEN_FW_MAGIC ^ 0x80000000, LIMEN_HW_REFUSED_FORMAT },
	{ FIELD(format), HEADER_SIZE << 16 | 0, LIMEN_HW_REFUSED_FORMAT },
	{ FIELD(format), HEADER_SIZE << 16 | 2, LIMEN_HW_REFUSED_FORMAT },
	{ FIELD(format), HEADER_SIZE << 16 | 0x101, LIMEN_HW_REFUSED_FORMAT },
	{ FIELD(format), (HEADER_SIZE - 1) << 16 | 1, LIMEN_HW_REFUSED_FORMAT },
	{ FIELD(format), (HEADER_SIZE + 4) << 16 | 1, LIMEN_HW_REFUSED_FORMAT },
	{ FIELD(format), 1, LIMEN_HW_REFUSED_FORMAT },
	{ FIELD(board_type), 0, LIMEN_HW_REFUSED_FORMAT },
	{ FIELD(board_type), 4, LIMEN_HW_REFUSED_BOARD },
	{ FIELD(board_type), 0x80000005, LIMEN_HW_REFUSED_BOARD },
	{ FIELD(security_version), 0, LIMEN_HW_REFUSED_SECURITY },
	{ FIELD(security_version), 2, LIMEN_HW_REFUSED_SECURITY },
	{ FIELD(api), 0x30002, LIMEN_HW_REFUSED_FORMAT },
	{ FIELD(api), 0xffff0000, LIMEN_HW_REFUSED_FORMAT },
	{ FIELD(code_size), 0, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(code_size), 2, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(code_size), CODE_SIZE - 1, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(code_size), CODE_SIZE - 4, LIMEN_HW_REFUSED_HASH },
	{ FIELD(code_size), CODE_SIZE + 4, LIMEN_HW_REFUSED_HASH },
	{ FIELD(code_size), CODE_SIZE + PKCS7_SIZE, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(code_size), LIMEN_FW_CODE_SIZE_MAX, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(code_size), LIMEN_FW_CODE_SIZE_MAX + 4, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(code_size), 0x7ffffffc, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(code_size), 0x80000000, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(code_size), (uint32_t)-HEADER_SIZE, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(code_size), 0xfffffffc, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(memory_size), 0, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(memory_size), CODE_SIZE - 1, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(memory_size), SHELL_SRAM_SIZE + 1, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(memory_size), 0xffffffff, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(entry), 0, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(entry), CODE - 4, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(entry), CODE + 1, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(entry), CODE + 2, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(entry), CODE + CODE_SIZE - 2, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(entry), CODE + CODE_SIZE, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(entry), 0xfffffffc, LIMEN_HW_REFUSED_SIZE },
	{ FIELD(reserved), 1, LIMEN_HW_REFUSED_FORMAT },
	{ FIELD(reserved) + 24, 0x80000000, LIMEN_HW_REFUSED_FORMAT },
	{ FIELD(hash), 0, LIMEN_HW_REFUSED_HASH },
	{ FIELD(hash) + 28, 0, LIMEN_HW_REFUSED_HASH },
};

START_TEST(each_field_is_checked)
{
	memcpy((uint8_t *)&header + wrong_fields[_i].field, &wrong_fields[_i].value, 4);
	put_header(true);
	ck_assert_int_eq(judge(WHOLE_SIZE), wrong_fields[_i].refusal);
}
END_TEST

static const struct {
	size_t field;
	uint32_t value;
} right_fields[] = {
	{ FIELD(version), 0xffffffff },
	{ FIELD(security_version), 4 },
	{ FIELD(security_version), 0xffffffff },
	{ FIELD(api), 0x30003 },
	{ FIELD(api), 0xffffffff },
	{ FIELD(memory_size), CODE_SIZE },
	{ FIELD(memory_size), SHELL_SRAM_SIZE },
	{ FIELD(entry), CODE },
	{ FIELD(entry), CODE + CODE_SIZE - 4 },
};

START_TEST(each_field_has_its_range)
{
	memcpy((uint8_t *)&header + right_fields[_i].field, &right_fields[_i].value, 4);
	put_header(true);
	ck_assert_int_eq(judge(WHOLE_SIZE), LIMEN_HW_REFUSED_NOT);
}
END_TEST

/* Whatever is changed in a header that is signed, no board starts it. */
START_TEST(every_bit_of_the_header_counts)
{
	size_t bit;

	board.security_floor = 0;
	for (bit = 0; bit < 8 * HEADER_SIZE; bit++) {
		data[bit / 8] ^= 1 << bit % 8;
		memcpy(&board.type, data + FIELD(board_type), 4);
		ck_assert_msg(judge(WHOLE_SIZE) != LIMEN_HW_REFUSED_NOT, "bit %zu", bit);
		data[bit / 8] ^= 1 << bit % 8;
	}
}
END_TEST

START_TEST(every_byte_of_the_code_counts)
{
	size_t i;

	for (i = HEADER_SIZE; i < HEADER_SIZE + CODE_SIZE; i++) {
		data[i] ^= 1 << i % 8;
		ck_assert_int_eq(judge(WHOLE_SIZE), LIMEN_HW_REFUSED_HASH);
		data[i] ^= 1 << i % 8;
	}
}
END_TEST

START_TEST(every_byte_of_the_signature_counts)
{
	size_t i;

	for (i = HEADER_SIZE + CODE_SIZE; i < SIGNED_SIZE; i++) {
		data[i] ^= 1 << i % 8;
		ck_assert_int_eq(judge(WHOLE_SIZE), LIMEN_HW_REFUSED_SIGNATURE);
		data[i] ^= 1 << i % 8;
	}
}
END_TEST

/* The message for the kernel has to be there; the ROM does not look into it. */
START_TEST(every_length)
{
	const size_t code_end = HEADER_SIZE + CODE_SIZE;
	size_t size;

	for (size = 0; size <= WHOLE_SIZE; size++) {
		enum limen_hw_refusal due = LIMEN_HW_REFUSED_SIZE;

		if (size == code_end)
			due = LIMEN_HW_REFUSED_SIGNATURE; /* nobody has signed it */
		else if (size > SIGNED_SIZE)
			due = LIMEN_HW_REFUSED_NOT;
		ck_assert_msg(judge(size) == due, "%zu bytes", size);
	}
	ck_assert_int_eq(judge(SIGNED_SIZE + LIMEN_FW_PKCS7_SIZE_MAX), LIMEN_HW_REFUSED_NOT);
	ck_assert_int_eq(judge(SIGNED_SIZE + LIMEN_FW_PKCS7_SIZE_MAX + 1),
			 LIMEN_HW_REFUSED_SIZE);
	ck_assert_int_eq(judge(LIMEN_FW_SIZE_MAX), LIMEN_HW_REFUSED_SIZE);
	ck_assert_int_eq(judge(LIMEN_FW_SIZE_MAX + 1), LIMEN_HW_REFUSED_SIZE);
}
END_TEST

/* Sizes that are no memory's. */
START_TEST(sizes_beyond_memory)
{
	struct image image;

	ck_assert_int_eq(image_read(&image, data, UINT32_MAX), LIMEN_HW_REFUSED_SIZE);
	ck_assert_int_eq(image_read(&image, data, 0x80000000), LIMEN_HW_REFUSED_SIZE);
}
END_TEST

START_TEST(signed_by_somebody_else)
{
	EVP_PKEY *another = EVP_RSA_gen(8 * RSA_SIZE);

	ck_assert_ptr_nonnull(another);
	signer_modulus(another, modulus);
	ck_assert_int_eq(judge(WHOLE_SIZE), LIMEN_HW_REFUSED_SIGNATURE);
	EVP_PKEY_free(key);
	key = another;
	put_header(true);
	ck_assert_int_eq(judge(WHOLE_SIZE), LIMEN_HW_REFUSED_NOT);
}
END_TEST

/* A signature of what is not the header: of the code, of a hash, of another version. */
START_TEST(signatures_of_something_else)
{
	uint8_t *signature = data + HEADER_SIZE + CODE_SIZE;

	signer_sign(key, RSA_PKCS1_PADDING, header.hash, SHA256_SIZE, signature);
	ck_assert_int_eq(judge(WHOLE_SIZE), LIMEN_HW_REFUSED_SIGNATURE);
	header.security_version = 2;
	put_header(true);
	header.security_version = 3;
	put_header(false);
	ck_assert_int_eq(judge(WHOLE_SIZE), LIMEN_HW_REFUSED_SIGNATURE);
	memset(signature, 0, LIMEN_FW_SIGNATURE_SIZE);
	ck_assert_int_eq(judge(WHOLE_SIZE), LIMEN_HW_REFUSED_SIGNATURE);
}
END_TEST

START_TEST(other_boards)
{
	board.type = 6;
	ck_assert_int_eq(judge(WHOLE_SIZE), LIMEN_HW_REFUSED_BOARD);
	board.type = 0;
	ck_assert_int_eq(judge(WHOLE_SIZE), LIMEN_HW_REFUSED_BOARD);
	board.type = 5;
	board.security_floor = 4;
	ck_assert_int_eq(judge(WHOLE_SIZE), LIMEN_HW_REFUSED_SECURITY);
	board.security_floor = UINT32_MAX;
	ck_assert_int_eq(judge(WHOLE_SIZE), LIMEN_HW_REFUSED_SECURITY);
	board.security_floor = 0;
	ck_assert_int_eq(judge(WHOLE_SIZE), LIMEN_HW_REFUSED_NOT);
}
END_TEST

/* The largest image there can be. */
START_TEST(as_much_code_as_fits)
{
	const size_t envelopes = HEADER_SIZE + LIMEN_FW_CODE_SIZE_MAX;
	uint8_t hash[SHA256_SIZE];

	header.code_size = header.memory_size = LIMEN_FW_CODE_SIZE_MAX;
	header.entry = CODE + LIMEN_FW_CODE_SIZE_MAX - 4;
	SHA256(data + HEADER_SIZE, LIMEN_FW_CODE_SIZE_MAX, header.hash);
	put_header(false);
	SHA256(data, HEADER_SIZE, hash);
	signer_sign(key, RSA_PKCS1_PADDING, hash, sizeof(hash), data + envelopes);
	ck_assert_int_eq(judge(envelopes + LIMEN_FW_SIGNATURE_SIZE + LIMEN_FW_PKCS7_SIZE_MAX),
			 LIMEN_HW_REFUSED_NOT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rom-image");
	TCase *tcase = tcase_create("image");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_right_image_is_started);
	tcase_add_test(tcase, layout_is_the_contract);
	tcase_add_loop_test(tcase, each_field_is_checked, 0, COUNT_OF(wrong_fields));
	tcase_add_loop_test(tcase, each_field_has_its_range, 0, COUNT_OF(right_fields));
	tcase_add_test(tcase, every_bit_of_the_header_counts);
	tcase_add_test(tcase, every_byte_of_the_code_counts);
	tcase_add_test(tcase, every_byte_of_the_signature_counts);
	tcase_add_test(tcase, every_length);
	tcase_add_test(tcase, sizes_beyond_memory);
	tcase_add_test(tcase, signed_by_somebody_else);
	tcase_add_test(tcase, signatures_of_something_else);
	tcase_add_test(tcase, other_boards);
	tcase_add_test(tcase, as_much_code_as_fits);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
