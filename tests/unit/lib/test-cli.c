// SPDX-License-Identifier: MIT
/* limen, the command line: what it prints, says and exits with. */
#include <sys/stat.h>

#include <vectors.h>

#include "../face/suite.h"
#include "command.h"
#include "daemon.h"

static void save(const char *name, uint32_t dim, uint32_t seed)
{
	struct limen_template tmpl = sample(dim, seed);

	ck_assert_int_eq(limen_template_save(&tmpl, in_folder(name)), 0);
}

static void setup(void)
{
	struct limen_template foreign = sample(512, 1);
	static const char conf[] = "[policy]\nthreshold = 0.40\n";

	folder_make();
	save("a", 512, 1);
	save("b", 512, 2);
	save("c", 512, 3);
	save("small", 128, 1);
	foreign.model[0] ^= 1;
	ck_assert_int_eq(limen_template_save(&foreign, in_folder("foreign")),
			 0);
	file_write(in_folder("junk"), "junk", 4);
	file_write(in_folder("jpeg"), "\xff\xd8\xff\xe0", 4);
	file_write(in_folder("conf"), conf, strlen(conf));
}

START_TEST(compare_prints_the_score)
{
	struct limen_template a = sample(512, 1), b = sample(512, 2);
	struct limen_score score = limen_score_vectors(a.vector, b.vector, 512);
	char expected[64];

	ck_assert_int_eq(run("compare", "-c", in_folder("conf"), in_folder("a"),
			     in_folder("b")), 0);
	snprintf(expected, sizeof(expected), "(%d of 32768)\n",
		 score.similarity);
	check_says(expected);
	snprintf(expected, sizeof(expected), "raw score   %d\n", score.raw);
	check_says(expected);
	check_says("threshold   0.4000 (13108): the similarity is below it\n");
	check_says("backend     cpu");
	ck_assert_int_eq(run("compare", "-c", in_folder("conf"), in_folder("a"),
			     in_folder("a")), 0);
	check_says("similarity  1.0000 (32768 of 32768)\n");
	check_says("the similarity is not below it\n");
}
END_TEST

/* No score is told as a certainty, the best included. */
START_TEST(compare_is_graded)
{
	static const char *const certain[] = {
		"identical", "same", "person", "match", "certain", "100", "%",
	};
	unsigned int i;

	ck_assert_int_eq(run("compare", "-c", in_folder("conf"), in_folder("a"),
			     in_folder("a")), 0);
	for (i = 0; i < COUNT_OF(certain); i++)
		ck_assert_msg(!strcasestr(out, certain[i]), "%s in: %s",
			      certain[i], out);
}
END_TEST

START_TEST(compare_without_threshold)
{
	ck_assert_int_eq(run("compare", "-c", "/dev/null", in_folder("a"),
			     in_folder("b")), 0);
	check_says("threshold   none configured\n");
}
END_TEST

START_TEST(compare_json)
{
	struct limen_template a = sample(512, 1), b = sample(512, 2);
	struct limen_score score = limen_score_vectors(a.vector, b.vector, 512);
	struct json_object *object;

	ck_assert_int_eq(run("compare", "--json", "-c", in_folder("conf"),
			     in_folder("a"), in_folder("b")), 0);
	object = parsed();
	ck_assert_int_eq(number(object, "raw"), score.raw);
	ck_assert_int_eq(number(object, "similarity_integer"), score.similarity);
	ck_assert_int_eq(number(object, "threshold_integer"), 13108);
	ck_assert_str_eq(text(object, "reaches_threshold"), "false");
	ck_assert_str_eq(text(object, "backend"), "cpu");
	json_object_put(object);
}
END_TEST

/* The command prints what the contract's vectors say. */
START_TEST(compare_vectors)
{
	struct vector_case *cases;
	struct json_object *object;
	unsigned int count, i;

	cases = vectors_load(SCORE_VECTORS, &count);
	ck_assert_ptr_nonnull(cases);
	for (i = 0; i < count; i += 17) {
		if (limen_template_save(&cases[i].probe, in_folder("p")) ||
		    limen_template_save(&cases[i].reference, in_folder("r")))
			continue; /* zeros are no template */
		ck_assert_int_eq(run("compare", "--json", in_folder("p"),
				     in_folder("r"), "-c", "/dev/null"),
				 0);
		object = parsed();
		ck_assert_int_eq(number(object, "raw"), cases[i].score.raw);
		ck_assert_int_eq(number(object, "similarity_integer"),
				 cases[i].score.similarity);
		json_object_put(object);
	}
	free(cases);
}
END_TEST

START_TEST(compare_refuses)
{
	ck_assert_int_eq(run("compare", in_folder("a"), in_folder("none")), 1);
	check_error("No such file");
	ck_assert_int_eq(run("compare", in_folder("a"), in_folder("junk")), 1);
	check_error("neither a JPEG picture nor a template");
	ck_assert_int_eq(run("compare", in_folder("a"), in_folder("foreign")), 1);
	check_error("different models");
	ck_assert_int_eq(run("compare", in_folder("a"), in_folder("small")), 1);
	check_error("different dimensions");
	ck_assert_int_eq(run("compare", in_folder("a"), in_folder("jpeg"),
			     "--models", "/nonexistent"), 1);
	check_error("/nonexistent");
	ck_assert_int_eq(run("compare", in_folder("a"), in_folder("b"),
			     "--backend", "service", "-c", "/dev/null/x"),
			 1);
	check_error("/dev/null/x");
}
END_TEST

START_TEST(compare_broken_templates)
{
	uint8_t *data;
	size_t size;

	data = file_slurp(in_folder("a"), &size);
	file_write(in_folder("x"), data, size - 1);
	ck_assert_int_eq(run("compare", in_folder("x"), in_folder("b")),
			 1);
	check_error("not a valid Limen file");
	data[4] = 2;
	file_write(in_folder("x"), data, size);
	ck_assert_int_eq(run("compare", in_folder("x"), in_folder("b")),
			 1);
	check_error("newer version");
	free(data);
}
END_TEST

START_TEST(wrong_usage)
{
	ck_assert_int_eq(run(NULL), 2);
	ck_assert_int_eq(run("frobnicate"), 2);
	check_error("no command frobnicate");
	ck_assert_int_eq(run("compare", "a"), 2);
	check_error("two files");
	ck_assert_int_eq(run("compare", "a", "b", "--top", "3"), 2);
	check_error("--top");
	ck_assert_int_eq(run("compare", "a", "b", "--backend"), 2);
	check_error("--backend");
	ck_assert_int_eq(run("compare", in_folder("a"), in_folder("b"),
			     "--backend", "gpu"), 2);
	check_error("no backend gpu");
	ck_assert_int_eq(run("compare", in_folder("a"), in_folder("b"),
			     "--backend", "cpu:z80"), 2);
	check_error("no backend cpu:z80");
	ck_assert_int_eq(run("template", "x.jpg"), 2);
	check_error("--output");
	ck_assert_int_eq(run("gallery", "info"), 2);
	ck_assert_int_eq(run("gallery", "burn", "g"), 2);
	check_error("no action burn");
	ck_assert_int_eq(run("bench", "nothing"), 2);
	check_error("nothing called");
	ck_assert_int_eq(run("status", "x"), 2);
	check_error("no operand");
	ck_assert_int_eq(run("doctor", "x"), 2);
	check_error("no operand");
}
END_TEST

static const char *const commands[] = {
	"status", "doctor", "compare", "template", "gallery", "top", "bench", "firmware",
};

START_TEST(help)
{
	ck_assert_int_eq(run(commands[_i], "--help"), 0);
	check_says("Usage: limen ");
	check_says(commands[_i]);
	check_says("Exit status: 0");
}
END_TEST

START_TEST(help_and_version)
{
	unsigned int i;

	ck_assert_int_eq(run("--help"), 0);
	for (i = 0; i < COUNT_OF(commands); i++)
		check_says(commands[i]);
	ck_assert_int_eq(run("--version"), 0);
	check_says("limen " LIMEN_VERSION "\n");
}
END_TEST

START_TEST(wrong_configuration)
{
	static const char conf[] = "[policy]\n\nthreshold = high\n";

	file_write(in_folder("wrong"), conf, strlen(conf));
	ck_assert_int_eq(run("compare", "-c", in_folder("wrong"),
			     in_folder("a"), in_folder("b")), 1);
	check_error("wrong:3: threshold");
}
END_TEST

START_TEST(template_without_models)
{
	ck_assert_int_eq(run("template", in_folder("jpeg"), "-o",
			     in_folder("t"), "-m", "/nonexistent"), 1);
	check_error("--models");
	ck_assert_int_ne(access(in_folder("t"), F_OK), 0);
}
END_TEST

START_TEST(galleries)
{
	struct json_object *object, *row;
	const char *g = in_folder("g");
	struct stat stat;

	ck_assert_int_eq(run("gallery", "create", g, in_folder("a"),
			     in_folder("b")), 0);
	check_says("2 rows");
	ck_assert_int_eq(lstat(in_folder("g"), &stat), 0);
	ck_assert_uint_eq(stat.st_mode, S_IFREG | 0600);
	ck_assert_int_eq(run("gallery", "create", in_folder("g"),
			     in_folder("a")), 1);
	check_error("exists already");
	ck_assert_int_eq(run("gallery", "add", in_folder("g"), in_folder("c")), 0);
	check_says("3 rows");
	ck_assert_int_eq(run("gallery", "verify", in_folder("g")), 0);
	check_says("sound, 3 rows");
	ck_assert_int_eq(run("gallery", "info", "--json", in_folder("g")), 0);
	object = parsed();
	ck_assert_int_eq(number(object, "rows"), 3);
	ck_assert_int_eq(number(object, "dim"), 512);
	ck_assert_uint_eq(strlen(text(object, "model")), 64);
	json_object_put(object);

	ck_assert_int_eq(run("gallery", "search", "--json", "--top", "2",
			     in_folder("g"), in_folder("c")), 0);
	object = parsed();
	ck_assert_uint_eq(json_object_array_length(object), 2);
	row = json_object_array_get_idx(object, 0);
	ck_assert_int_eq(number(row, "row"), 2);
	ck_assert_int_eq(number(row, "similarity_integer"), 32768);
	json_object_put(object);
	ck_assert_int_eq(run("gallery", "search", "--min", "0.9",
			     in_folder("g"), in_folder("b")), 0);
	check_says("1  1.0000 (32768)");
	ck_assert_ptr_eq(strchr(out, '\n'), out + strlen(out) - 1);
}
END_TEST

START_TEST(galleries_with_labels)
{
	struct json_object *object, *row;
	const char *g = in_folder("g");

	ck_assert_int_eq(run("gallery", "create", "--label", "Zo\u00eb", g, in_folder("a")), 0);
	ck_assert_int_eq(run("gallery", "add", in_folder("g"), in_folder("b")), 0);
	ck_assert_int_eq(run("gallery", "add", "-L", "the third one", in_folder("g"),
			     in_folder("c")), 0);
	ck_assert_int_eq(run("gallery", "list", in_folder("g")), 0);
	ck_assert_str_eq(out, "0  Zo\u00eb\n1\n2  the third one\n");
	ck_assert_int_eq(run("gallery", "list", "--json", in_folder("g")), 0);
	object = parsed();
	ck_assert_uint_eq(json_object_array_length(object), 3);
	row = json_object_array_get_idx(object, 0);
	ck_assert_int_eq(number(row, "row"), 0);
	ck_assert_str_eq(text(row, "label"), "Zo\u00eb");
	ck_assert_ptr_null(json_object_object_get(json_object_array_get_idx(object, 1),
						  "label"));
	json_object_put(object);
	ck_assert_int_eq(run("gallery", "search", "--min", "0.9", in_folder("g"),
			     in_folder("c")), 0);
	check_says("  the third one\n");
	ck_assert_int_eq(run("gallery", "search", "-j", "--min", "0.9", in_folder("g"),
			     in_folder("a")), 0);
	object = parsed();
	ck_assert_str_eq(text(json_object_array_get_idx(object, 0), "label"), "Zo\u00eb");
	json_object_put(object);
	ck_assert_int_eq(run("gallery", "remove", in_folder("g"), "0"), 0);
	ck_assert_int_eq(run("gallery", "list", in_folder("g")), 0);
	ck_assert_str_eq(out, "1\n2  the third one\n");
}
END_TEST

START_TEST(labels_that_are_refused)
{
	const char *g = in_folder("g");

	ck_assert_int_eq(run("gallery", "create", g, in_folder("a")), 0);
	ck_assert_int_eq(run("gallery", "add", "--label", "a\nb", in_folder("g"),
			     in_folder("b")), 1);
	check_error("--label: no label: 1 to 255 bytes of UTF-8");
	ck_assert_int_eq(run("gallery", "add", "--label", "", in_folder("g"),
			     in_folder("b")), 1);
	check_error("--label: no label");
	ck_assert_int_eq(run("gallery", "add", "--label", "both", in_folder("g"),
			     in_folder("a"), in_folder("b")), 2);
	check_error("--label is for one input");
	ck_assert_int_eq(run("gallery", "list", in_folder("g"), "x"), 2);
	check_error("gallery list takes one file");
	ck_assert_int_eq(run("gallery", "list", in_folder("a")), 1);
	check_error("not a valid gallery");
	ck_assert_int_eq(run("gallery", "list", in_folder("g")), 0);
	ck_assert_str_eq(out, "0\n");
}
END_TEST

START_TEST(galleries_with_holes)
{
	struct json_object *object, *row;
	const char *g = in_folder("g");

	ck_assert_int_eq(run("gallery", "create", g, in_folder("a"),
			     in_folder("b"), in_folder("c")), 0);
	ck_assert_int_eq(run("gallery", "remove", in_folder("g"), "0", "3"), 1);
	check_error("no row 3");
	ck_assert_int_eq(run("gallery", "remove", in_folder("g"), "-1"), 2);
	ck_assert_int_eq(run("gallery", "remove", in_folder("g"), "1a"), 2);
	check_error("1a is no row number");
	ck_assert_int_eq(run("gallery", "remove", in_folder("g")), 2);
	ck_assert_int_eq(run("gallery", "verify", in_folder("g")), 0);
	check_says("sound, 3 rows");
	ck_assert_int_eq(run("gallery", "remove", in_folder("g"), "2", "0"), 0);
	check_says("1 rows");
	ck_assert_int_eq(run("gallery", "remove", in_folder("g"), "0"), 1);
	check_error("no row 0");
	ck_assert_int_eq(run("gallery", "verify", "-j", in_folder("g")), 0);
	object = parsed();
	ck_assert_int_eq(number(object, "rows"), 1);
	ck_assert_str_eq(text(object, "sound"), "true");
	ck_assert_str_eq(text(object, "file"), in_folder("g"));
	json_object_put(object);
	ck_assert_int_eq(run("gallery", "info", in_folder("g")), 0);
	check_says("rows     1\nremoved  2\n");
	ck_assert_int_eq(run("gallery", "add", in_folder("g"), in_folder("a")),
			 0);
	check_says("2 rows");

	/* Row 3, not 0 or 2 again. */
	ck_assert_int_eq(run("gallery", "search", "--json", "--all", "--min",
			     "0.9999", "--threads", "2", in_folder("g"),
			     in_folder("a")), 0);
	object = parsed();
	ck_assert_uint_eq(json_object_array_length(object), 1);
	row = json_object_array_get_idx(object, 0);
	ck_assert_int_eq(number(row, "row"), 3);
	ck_assert_int_eq(number(row, "similarity_integer"), 32768);
	json_object_put(object);
	ck_assert_int_eq(run("gallery", "info", "--json", in_folder("g")), 0);
	object = parsed();
	ck_assert_int_eq(number(object, "rows"), 2);
	ck_assert_int_eq(number(object, "removed"), 2);
	json_object_put(object);
	ck_assert_int_eq(run("gallery", "remove", "--json", in_folder("g"), "3"), 0);
	object = parsed();
	ck_assert_int_eq(number(object, "rows"), 1);
	json_object_put(object);
}
END_TEST

START_TEST(galleries_refuse)
{
	uint8_t *data;
	size_t size;

	ck_assert_int_eq(run("gallery", "create", in_folder("g"),
			     in_folder("a"), in_folder("foreign")), 1);
	check_error("different models");
	ck_assert_int_ne(access(in_folder("g"), F_OK), 0);
	ck_assert_int_eq(run("gallery", "create", in_folder("g"),
			     in_folder("a")), 0);
	ck_assert_int_eq(run("gallery", "add", in_folder("g"), in_folder("b"),
			     in_folder("small")), 1);
	check_error("different dimensions");
	ck_assert_int_eq(run("gallery", "verify", in_folder("g")), 0);
	check_says("sound, 1 rows");

	data = file_slurp(in_folder("g"), &size);
	data[size - 1] ^= 1;
	file_write(in_folder("g"), data, size);
	ck_assert_int_eq(run("gallery", "verify", in_folder("g")), 1);
	check_error("checksum");
	file_write(in_folder("g"), data, size - 1);
	ck_assert_int_eq(run("gallery", "search", in_folder("g"),
			     in_folder("a")), 1);
	check_error("truncated");
	ck_assert_int_eq(run("gallery", "info", in_folder("a")), 1);
	check_error("not a valid gallery");
	ck_assert_int_eq(run("gallery", "search", "--top", "1025",
			     in_folder("g"), in_folder("a")), 2);
	check_error("--top");
	ck_assert_int_eq(run("gallery", "search", "--min", "2", in_folder("g"),
			     in_folder("a")), 2);
	check_error("--min");
	ck_assert_int_eq(run("gallery", "search", "--all", in_folder("g"),
			     in_folder("a")), 2);
	check_error("--all takes --min");
	ck_assert_int_eq(run("gallery", "search", "--all", "--min", "0", "--top",
			     "3", in_folder("g"), in_folder("a")), 2);
	check_error("no --top");
	ck_assert_int_eq(run("gallery", "search", "--threads", "0",
			     in_folder("g"), in_folder("a")), 2);
	check_error("--threads");
	data[4] = 1;
	file_write(in_folder("g"), data, size);
	ck_assert_int_eq(run("gallery", "verify", in_folder("g")), 1);
	check_error("before the first release");
	ck_assert_int_eq(chmod(in_folder("g"), 0660), 0);
	ck_assert_int_eq(run("gallery", "verify", in_folder("g")), 1);
	check_error("neither you nor root");
	free(data);
}
END_TEST

/* Starts limen with its output in these files of the folder. */
static pid_t start_limen(const char *name, const char *const *arguments)
{
	char file[64];
	pid_t pid = fork();

	if (pid)
		return pid;
	snprintf(file, sizeof(file), "%s.out", name);
	dup2(open(in_folder(file), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
	snprintf(file, sizeof(file), "%s.err", name);
	dup2(open(in_folder(file), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
	execv(LIMEN, (char *const *)arguments);
	_exit(99);
}

#define AT_ONCE 6

/* All that are told to be in the gallery are in it, each with a row of its own. */
START_TEST(additions_at_once)
{
	bool given[AT_ONCE + 1] = { true };
	char name[16], g[PATH_MAX], *rest;
	pid_t pids[AT_ONCE];
	unsigned long row;
	int i;

	strcpy(g, in_folder("g"));
	ck_assert_int_eq(run("gallery", "create", g, in_folder("a")), 0);
	check_says("row 0: ");
	for (i = 0; i < AT_ONCE; i++) {
		snprintf(name, sizeof(name), "%d", i);
		pids[i] = start_limen(name, (const char *const[]){
			LIMEN, "gallery", "add", g, in_folder("b"), NULL });
	}
	for (i = 0; i < AT_ONCE; i++) {
		ck_assert_int_eq(daemon_wait(pids[i]), 0);
		snprintf(name, sizeof(name), "%d.out", i);
		slurp_text(in_folder(name), out);
		ck_assert_msg(!strncmp(out, "row ", 4), "%s", out);
		row = strtoul(out + 4, &rest, 10);
		ck_assert_msg(*rest == ':' && row <= AT_ONCE, "%s", out);
		ck_assert(!given[row]);
		given[row] = true;
	}
	ck_assert_int_eq(run("gallery", "verify", g), 0);
	check_says("sound, 7 rows");
}
END_TEST

START_TEST(creations_at_once)
{
	pid_t pids[AT_ONCE];
	char name[16], g[PATH_MAX];
	int i, made = 0;

	strcpy(g, in_folder("g"));
	for (i = 0; i < AT_ONCE; i++) {
		snprintf(name, sizeof(name), "%d", i);
		pids[i] = start_limen(name, (const char *const[]){
			LIMEN, "gallery", "create", g, in_folder("b"), NULL });
	}
	for (i = 0; i < AT_ONCE; i++)
		made += !daemon_wait(pids[i]);
	ck_assert_int_eq(made, 1);
}
END_TEST

/* Its exit status, and its messages in err. */
static int run_into(int output, const char *const *arguments)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		dup2(open(in_folder("err"), O_WRONLY | O_CREAT | O_TRUNC, 0600),
		     STDERR_FILENO);
		if (output < 0)
			close(STDOUT_FILENO);
		else
			dup2(output, STDOUT_FILENO);
		execv(LIMEN, (char *const *)arguments);
		_exit(99);
	}
	status = daemon_wait(pid);
	slurp_text(in_folder("err"), err);
	*out = '\0';
	return status;
}

#define RUN_INTO(output, ...) \
	run_into(output, (const char *const[]){ LIMEN, __VA_ARGS__, NULL })

/* What cannot be printed is not success, and no file is taken for the output. */
START_TEST(output_that_is_lost)
{
	int full = open("/dev/full", O_WRONLY);

	ck_assert_int_eq(RUN_INTO(full, "--help"), 1);
	check_error("standard output: No space left on device");
	ck_assert_int_eq(RUN_INTO(full, "compare", in_folder("a"),
				  in_folder("b")), 1);
	check_error("standard output: No space left on device");
	ck_assert_int_eq(RUN_INTO(-1, "compare", in_folder("a"),
				  in_folder("b")), 1);
	check_error("standard output: it is closed");
	ck_assert_int_eq(RUN_INTO(-1, "gallery", "create", in_folder("g"),
				  in_folder("a")), 1);
	check_error("standard output: it is closed");
	ck_assert_int_eq(run("gallery", "verify", in_folder("g")), 0);
	check_says("sound, 1 rows");
	close(full);
}
END_TEST

START_TEST(a_pipe_as_a_picture)
{
	ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
	ck_assert_int_eq(run("compare", in_folder("fifo"), in_folder("b")), 1);
	check_error("nobody is at the other end");
}
END_TEST

START_TEST(inputs_from_a_list)
{
	struct json_object *object, *added;
	char list[4 * PATH_MAX], g[PATH_MAX];

	strcpy(g, in_folder("g"));
	snprintf(list, sizeof(list), "%s\n\n%s\n%s", in_folder("b"),
		 in_folder("junk"), in_folder("c"));
	file_write(in_folder("list"), list, strlen(list));
	ck_assert_int_eq(run("gallery", "create", g, in_folder("a"), "--from",
			     in_folder("list")), 1);
	check_error("junk: neither");
	ck_assert_int_ne(access(g, F_OK), 0);
	/* The others, and a status that tells that one is missing. */
	ck_assert_int_eq(run("gallery", "create", "-gj", g, in_folder("a"),
			     "--from", in_folder("list")), 1);
	ck_assert_ptr_nonnull(strstr(err, "junk: neither"));
	*err = '\0';
	object = parsed();
	ck_assert_int_eq(number(object, "rows"), 3);
	added = json_object_object_get(object, "added");
	ck_assert_uint_eq(json_object_array_length(added), 3);
	ck_assert_int_eq(number(json_object_array_get_idx(added, 2), "row"), 2);
	ck_assert_str_eq(text(json_object_array_get_idx(added, 2), "input"),
			 in_folder("c"));
	json_object_put(object);
	ck_assert_int_eq(run("gallery", "add", "--keep-going", g,
			     in_folder("foreign"), in_folder("small"),
			     in_folder("a")), 1);
	ck_assert_ptr_nonnull(strstr(out, "row 3: "));
	ck_assert_int_eq(run("gallery", "add", "-g", g, in_folder("junk")), 1);
	check_error("junk: neither");
	ck_assert_int_eq(run("gallery", "add", g, "--from",
			     in_folder("none")), 1);
	check_error("No such file");
	ck_assert_int_eq(run("gallery", "add", g), 2);
	check_error("take a file and inputs");
	ck_assert_int_eq(run("gallery", "verify", g), 0);
	check_says("sound, 4 rows");
}
END_TEST

/* Each is named as it was given, wherever it stood. */
START_TEST(wrong_options)
{
	ck_assert_int_eq(run("compare", "-xj", "a", "b"), 2);
	check_error("no option -x");
	ck_assert_int_eq(run("compare", "-jx", "a", "b"), 2);
	check_error("no option -x");
	ck_assert_int_eq(run("compare", "--json", "-x", "a", "b"), 2);
	check_error("no option -x");
	ck_assert_int_eq(run("compare", "--xyz", "a", "b"), 2);
	check_error("no option --xyz");
	ck_assert_int_eq(run("compare", "--json=yes", "a", "b"), 2);
	check_error("--json takes no value");
	ck_assert_int_eq(run("compare", "a", "b", "-jb"), 2);
	check_error("-b, --backend lacks its value");
	ck_assert_int_eq(run("compare", "-k", "3", "a", "b"), 2);
	check_error("no option --top");
}
END_TEST

START_TEST(help_by_name)
{
	char text[OUTPUT_SIZE];
	unsigned int i;

	for (i = 0; i < COUNT_OF(commands); i++) {
		ck_assert_int_eq(run(commands[i], "--help"), 0);
		strcpy(text, out);
		ck_assert_int_eq(run("help", commands[i]), 0);
		ck_assert_str_eq(out, text);
	}
	ck_assert_int_eq(run("help"), 0);
	check_says("Usage: limen COMMAND");
	ck_assert_int_eq(run("help", "frobnicate"), 2);
	check_error("no command frobnicate");
	ck_assert_int_eq(run("help", "top", "bench"), 2);
	check_error("one command");
}
END_TEST

START_TEST(names_that_are_no_text)
{
	struct json_object *object;

	ck_assert_int_eq(run("status", "--json", "-m", "/tmp/\xff"), 1);
	ck_assert_ptr_nonnull(strstr(out, "/tmp/\xef\xbf\xbd"));
	ck_assert_ptr_null(strchr(out, '\xff'));
	object = parsed();
	json_object_put(object);
}
END_TEST

START_TEST(status)
{
	struct json_object *object, *service;

	/* Told in full, and by the exit status, too. */
	ck_assert_int_eq(run("status", "-m", "/nonexistent"), 1);
	check_says("board    ");
	check_says("service  ");
	check_says("model    /nonexistent/");
	ck_assert_int_eq(run("status", "--json", "-m", "/nonexistent"), 1);
	object = parsed();
	ck_assert_ptr_nonnull(json_object_object_get(object, "boards"));
	service = json_object_object_get(object, "service");
	ck_assert_ptr_nonnull(json_object_object_get(service, "usable"));
	json_object_put(object);
}
END_TEST

START_TEST(top_refuses)
{
	ck_assert_int_eq(run("top", "--interval", "0.09"), 2);
	check_error("--interval");
	ck_assert_int_eq(run("top", "--interval", "3601"), 2);
	check_error("--interval");
	ck_assert_int_eq(run("top", "--count", "0"), 2);
	check_error("--count");
	ck_assert_int_eq(run("top", "/dev/a", "/dev/b"), 2);
	check_error("one node");
	ck_assert_int_eq(run("top", "/dev/null"), 1);
	check_error("/dev/null: not a board");
	ck_assert_int_eq(run("top", "/nonexistent"), 1);
	check_error("/nonexistent: No such file");
}
END_TEST

START_TEST(with_the_service)
{
	struct json_object *object, *service;
	char conf[256];

	daemon_pid = daemon_spawn("cpu");
	close(daemon_connect());
	snprintf(conf, sizeof(conf), "[policy]\nthreshold = 0.4\n[service]\n"
		 "socket = %s\n", in_folder("s"));
	file_write(in_folder("conf"), conf, strlen(conf));
	ck_assert_int_eq(run("compare", "--backend", "service", "-c",
			     in_folder("conf"), in_folder("a"), in_folder("a")), 0);
	check_says("similarity  1.0000 (32768 of 32768)\n");
	check_says("backend     cpu (CPU, ");
	/* What only looks at the model takes any file. */
	file_write(in_folder("fr_feature.onnx"), "x", 1);
	ck_assert_int_eq(run("status", "--json", "-c", in_folder("conf"), "-m",
			     sample_folder), 0);
	object = parsed();
	service = json_object_object_get(object, "service");
	ck_assert_str_eq(text(service, "usable"), "true");
	ck_assert_str_eq(text(service, "backend"), "cpu");
	ck_assert_int_eq(number(service, "comparisons"), 1);
	ck_assert_int_eq(number(service, "rechecks"), 0);
	ck_assert_int_eq(number(service, "mismatches"), 0);
	json_object_put(object);
	ck_assert_int_eq(run("status", "-c", in_folder("conf"), "-m",
			     sample_folder), 0);
	check_says("0 scores of boards re-checked, 0 of them wrong\n");
	ck_assert_int_eq(run("status", "-c", in_folder("conf"), "-m",
			     "/nonexistent"), 1);
	kill(daemon_pid, SIGTERM);
	ck_assert_int_eq(daemon_wait(daemon_pid), 0);
	ck_assert_int_eq(run("status", "-c", in_folder("conf"), "-m",
			     sample_folder), 1);
	check_says("limend is not running\n");
	ck_assert_int_eq(run("compare", "--backend", "service", "-c",
			     in_folder("conf"), in_folder("a"), in_folder("a")), 1);
	check_error("limend is not running");
}
END_TEST

/* Instead of limend: one with boards in these states, the second of which computes. */
static void answer_for(int fd, const enum limen_board_state states[2])
{
	uint8_t packet[LIMEND_PACKET_MAX];
	const struct limend_request *request = (const struct limend_request *)packet;
	struct limend_compare_reply score = {
		.backend = htole32(LIMEN_BACKEND_BOARD), .raw = htole32(5),
		.similarity = htole32(1), .board = "0000:02:00.0",
	};
	struct limend_status_reply status = {
		.backend = htole32(LIMEN_BACKEND_BOARD), .description = "2 boards",
		.mismatches = htole64(states[0] == LIMEN_BOARD_CONDEMNED),
		.board_count = htole32(2),
		.boards = {
			{ .address = "0000:01:00.0", .state = htole32(states[0]),
			  .comparisons = htole64(7), .failures = htole64(3) },
			{ .address = "0000:02:00.0", .state = htole32(states[1]) },
		},
	};

	while (recv(fd, packet, sizeof(packet), 0) > 0) {
		memcpy(&status, request, sizeof(*request));
		memcpy(&score, request, sizeof(*request));
		if (le16toh(request->op) == LIMEND_STATUS)
			send(fd, &status, sizeof(status), MSG_NOSIGNAL);
		else
			send(fd, &score, sizeof(score), MSG_NOSIGNAL);
	}
	close(fd);
}

static void stand_in_for_limend(const enum limen_board_state states[2])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char conf[256];

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", sample_folder);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 4), 0);
	daemon_pid = fork();
	if (!daemon_pid)
		for (;;)
			answer_for(accept(listener, NULL, NULL), states);
	close(listener);
	snprintf(conf, sizeof(conf), "[service]\nsocket = %s\n", in_folder("s"));
	file_write(in_folder("conf"), conf, strlen(conf));
	file_write(in_folder("fr_feature.onnx"), "x", 1);
}

static const struct {
	enum limen_board_state states[2];
	int exits;
	const char *status, *doctor, *mend;
} boards_of_limend[] = {
	{ { LIMEN_BOARD_SERVES, LIMEN_BOARD_SERVES }, 0,
	  "board 0000:01:00.0 serves; 7 comparisons, 3 failures\n",
	  "answers; backend board (2 boards)", "" },
	{ { LIMEN_BOARD_ABSENT, LIMEN_BOARD_SERVES }, 0,
	  "board 0000:01:00.0 gone; 7 comparisons", "answers; backend board (2 boards)", "" },
	{ { LIMEN_BOARD_RESTS, LIMEN_BOARD_SERVES }, 0,
	  "board 0000:01:00.0 failed, used last; 7 comparisons",
	  "board 0000:01:00.0 failed at its last comparisons",
	  "$ driver=$(realpath /sys/bus/*/devices/0000:01:00.0/driver) && " },
	{ { LIMEN_BOARD_CONDEMNED, LIMEN_BOARD_SERVES }, 1,
	  "board 0000:01:00.0 computed a wrong score, out of service; 7 comparisons",
	  "board 0000:01:00.0 computed a wrong score and is out of service, and others serve",
	  "$ echo 0000:01:00.0 | sudo tee /sys/bus/*/devices/0000:01:00.0/driver/unbind && " },
	{ { LIMEN_BOARD_CONDEMNED, LIMEN_BOARD_ABSENT }, 1,
	  "board 0000:02:00.0 gone; 0 comparisons",
	  "a board computed a wrong score and is out of service", "backend = cpu" },
};

START_TEST(with_several_boards)
{
	struct json_object *object, *boards;

	stand_in_for_limend(boards_of_limend[_i].states);
	ck_assert_int_eq(run("status", "-c", in_folder("conf"), "-m", sample_folder),
			 boards_of_limend[_i].exits);
	check_says(boards_of_limend[_i].status);
	run("doctor", "-c", in_folder("conf"));
	check_says(boards_of_limend[_i].doctor);
	check_says(boards_of_limend[_i].mend);
	ck_assert_int_eq(run("compare", "--backend", "service", "-c", in_folder("conf"),
			     in_folder("a"), in_folder("b")), 0);
	check_says("backend     board (2 boards)\nboard       0000:02:00.0\n");
	ck_assert_int_eq(run("status", "--json", "-c", in_folder("conf"), "-m",
			     sample_folder), boards_of_limend[_i].exits);
	object = parsed();
	boards = json_object_object_get(json_object_object_get(object, "service"), "boards");
	ck_assert_int_eq(json_object_array_length(boards), 2);
	ck_assert_str_eq(text(json_object_array_get_idx(boards, 0), "address"),
			 "0000:01:00.0");
	ck_assert_int_eq(number(json_object_array_get_idx(boards, 0), "failures"), 3);
	json_object_put(object);
	kill(daemon_pid, SIGKILL);
	ck_assert_int_eq(daemon_wait(daemon_pid), -SIGKILL);
}
END_TEST

/* An instruction set that this processor cannot have. */
#if defined(__aarch64__)
#define OTHER_MACHINES "cpu:avx2"
#else
#define OTHER_MACHINES "cpu:neon-dotprod"
#endif

START_TEST(backends_by_name)
{
	ck_assert_int_eq(run("compare", "--backend", "cpu:plain",
			     in_folder("a"), in_folder("a")), 0);
	check_says("backend     cpu (CPU, plain)\n");
	ck_assert_int_eq(run("compare", "--backend",
			     OTHER_MACHINES,
			     in_folder("a"), in_folder("a")), 1);
	check_error("processor");
	ck_assert_int_eq(run("compare", "--backend", "board:/nonexistent",
			     in_folder("a"), in_folder("a")), 1);
	check_error("board:/nonexistent backend: No such file");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cli");
	TCase *tests = tcase_create("cli");

	tcase_set_timeout(tests, 120);
	tcase_add_checked_fixture(tests, setup, folder_remove);
	tcase_add_test(tests, compare_prints_the_score);
	tcase_add_test(tests, compare_is_graded);
	tcase_add_test(tests, compare_without_threshold);
	tcase_add_test(tests, compare_json);
	tcase_add_test(tests, compare_vectors);
	tcase_add_test(tests, compare_refuses);
	tcase_add_test(tests, compare_broken_templates);
	tcase_add_test(tests, wrong_usage);
	tcase_add_loop_test(tests, help, 0, COUNT_OF(commands));
	tcase_add_test(tests, help_and_version);
	tcase_add_test(tests, wrong_configuration);
	tcase_add_test(tests, template_without_models);
	tcase_add_test(tests, galleries);
	tcase_add_test(tests, galleries_with_labels);
	tcase_add_test(tests, labels_that_are_refused);
	tcase_add_test(tests, galleries_with_holes);
	tcase_add_test(tests, galleries_refuse);
	tcase_add_test(tests, additions_at_once);
	tcase_add_test(tests, creations_at_once);
	tcase_add_test(tests, output_that_is_lost);
	tcase_add_test(tests, a_pipe_as_a_picture);
	tcase_add_test(tests, inputs_from_a_list);
	tcase_add_test(tests, wrong_options);
	tcase_add_test(tests, help_by_name);
	tcase_add_test(tests, names_that_are_no_text);
	tcase_add_test(tests, status);
	tcase_add_test(tests, top_refuses);
	tcase_add_test(tests, with_the_service);
	tcase_add_loop_test(tests, with_several_boards, 0, COUNT_OF(boards_of_limend));
	tcase_add_test(tests, backends_by_name);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
