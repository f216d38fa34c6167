// SPDX-License-Identifier: MIT
/* The ROM's SHA-256 is libcrypto's, and the standard's. */
#include "signer.h"

static const struct {
	const char *text;
	const char *hash;
} vectors[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
};

static void check_hash(const uint8_t *data, size_t size, const char *expected)
{
	uint8_t hash[SHA256_SIZE];
	char text[2 * SHA256_SIZE + 1];
	unsigned int i;

	sha256(data, size, hash);
	for (i = 0; i < SHA256_SIZE; i++)
		snprintf(text + 2 * (size_t)i, 3, "%02x", hash[i]);
	ck_assert_str_eq(text, expected);
}

START_TEST(vectors_of_the_standard)
{
	check_hash((const uint8_t *)vectors[_i].text, strlen(vectors[_i].text),
		   vectors[_i].hash);
}
END_TEST

START_TEST(a_million_letters)
{
	const size_t size = 1000000;
	uint8_t *data = malloc(size);

	ck_assert_ptr_nonnull(data);
	memset(data, 'a', size);
	check_hash(data, size,
		   "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(data);
}
END_TEST

static void check_same(const uint8_t *data, size_t size)
{
	uint8_t mine[SHA256_SIZE], theirs[SHA256_SIZE];

	sha256(data, size, mine);
	SHA256(data, size, theirs);
	ck_assert_mem_eq(mine, theirs, SHA256_SIZE);
}

/* Each of its own size, so that a sanitizer sees what is read beyond. */
START_TEST(every_length)
{
	size_t size;

	for (size = 0; size < 520; size++) {
		uint8_t *data = malloc(size + !size);

		ck_assert_ptr_nonnull(data);
		signer_fill(data, size, size);
		check_same(data, size);
		free(data);
	}
}
END_TEST

START_TEST(long_and_unaligned)
{
	static uint8_t data[200000];
	unsigned int i;

	signer_fill(data, sizeof(data), 1);
	for (i = 0; i < 64; i++)
		check_same(data + i, sizeof(data) - 1000 * (size_t)i - 64);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rom-sha256");
	TCase *tcase = tcase_create("sha256");

	tcase_add_loop_test(tcase, vectors_of_the_standard, 0, COUNT_OF(vectors));
	tcase_add_test(tcase, a_million_letters);
	tcase_add_test(tcase, every_length);
	tcase_add_test(tcase, long_and_unaligned);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
