// SPDX-License-Identifier: MIT
/* Tables and pictures of what was measured. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cli.h>

#include "table.h"

static const char *const verdicts[] = {
	[BENCH_NOT_MEASURED] = "not measured",
	[BENCH_SHORT] = "not reached",
	[BENCH_REACHED] = "reached",
	[BENCH_TOLD] = "",
};

enum bench_verdict bench_row_verdict(const struct bench_row *row)
{
	if (row->missing[0])
		return BENCH_NOT_MEASURED;
	if (!row->target)
		return BENCH_TOLD;
	if (row->at_most)
		return row->value <= row->target ? BENCH_REACHED : BENCH_SHORT;
	return row->value >= row->target ? BENCH_REACHED : BENCH_SHORT;
}

/* As "27.5x", to three digits. */
static const char *value_text(const struct bench_row *row, double value,
			      char text[32])
{
	int digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;

	snprintf(text, 32, "%.*f%s%s", digits, value,
		 row->unit[0] && row->unit[0] != 'x' ? " " : "", row->unit);
	return text;
}

void bench_rows_print(const struct bench_row *rows, unsigned int count)
{
	char target[32], value[32], least[32], most[32];
	unsigned int i;

	printf("\n%-42s %-40s %9s %9s  %s\n", "work", "against", "to reach",
	       "measured", "from to");
	for (i = 0; i < count; i++) {
		const struct bench_row *row = &rows[i];
		enum bench_verdict verdict = bench_row_verdict(row);

		printf("%-42s %-40s %s%8s ", row->work, row->against,
		       !row->target ? " " : row->at_most ? "<" : ">",
		       row->target ? value_text(row, row->target, target) : "");
		if (verdict == BENCH_NOT_MEASURED) {
			printf("not measured: %s\n", row->missing);
			continue;
		}
		printf("%9s  %s to %s  %s\n",
		       value_text(row, row->value, value),
		       value_text(row, row->least, least),
		       value_text(row, row->most, most), verdicts[verdict]);
	}
}

static struct json_object *row_json(const struct bench_row *row)
{
	struct json_object *object = json_object_new_object();
	enum bench_verdict verdict = bench_row_verdict(row);

	json_add_text(object, "work", row->work);
	json_add_text(object, "against", row->against);
	json_add_text(object, "unit", row->unit);
	if (row->target)
		json_add_number(object, row->at_most ? "at_most" : "at_least",
				 row->target);
	if (verdict == BENCH_NOT_MEASURED) {
		json_add_text(object, "not_measured", row->missing);
		return object;
	}
	json_add_number(object, "value", row->value);
	json_add_number(object, "least", row->least);
	json_add_number(object, "most", row->most);
	if (verdict != BENCH_TOLD)
		json_object_object_add(object, "reached", json_object_new_boolean(
					       verdict == BENCH_REACHED));
	return object;
}

struct json_object *bench_rows_json(const struct bench_row *rows,
				    unsigned int count)
{
	struct json_object *list = json_object_new_array();
	unsigned int i;

	for (i = 0; i < count; i++)
		json_object_array_add(list, row_json(&rows[i]));
	return list;
}

/* How far beyond the target: 1 is where it is. As far as the picture goes. */
static double excess(const struct bench_row *row, double value)
{
	if (row->at_most && value < row->target / 16)
		return 16;
	return row->at_most ? row->target / value : value / row->target;
}

/* Its place, ratio to the target with its range, name and colour. */
static void draw_row(FILE *gnuplot, const struct bench_row *row,
		     unsigned int place)
{
	fprintf(gnuplot, "%u\t", place);
	if (bench_row_verdict(row) == BENCH_NOT_MEASURED)
		fputs("NaN\tNaN\tNaN", gnuplot);
	else
		fprintf(gnuplot, "%g\t%g\t%g", excess(row, row->value),
			excess(row, row->least), excess(row, row->most));
	fprintf(gnuplot, "\t%s%s%s\t%s\n", row->work,
		row->against[0] ? " / " : "", row->against,
		bench_row_verdict(row) == BENCH_REACHED ? "0x4477aa" :
							  "0xcc8844");
}

/* What was measured, and what was to be reached, beside the bar. */
static void label_row(FILE *gnuplot, const struct bench_row *row,
		      unsigned int place)
{
	char value[32], target[32];

	if (bench_row_verdict(row) == BENCH_NOT_MEASURED)
		fputs("set label 'not measured", gnuplot);
	else
		fprintf(gnuplot, "set label '%s of %s",
			value_text(row, row->value, value),
			value_text(row, row->target, target));
	fprintf(gnuplot, "' at graph 1.02, first %u\n", place);
}

/* Bars from the top down. */
void bench_rows_draw(FILE *gnuplot, const struct bench_row *rows,
		     unsigned int count)
{
	unsigned int i, drawn = 0;

	for (i = 0; i < count; i++)
		if (rows[i].target)
			label_row(gnuplot, &rows[i], drawn++);
	drawn = 0;
	fputs("$rows << end\n", gnuplot);
	for (i = 0; i < count; i++)
		if (rows[i].target)
			draw_row(gnuplot, &rows[i], drawn++);
	fprintf(gnuplot,
		"end\n"
		"set title 'measured, of what is to be reached (1)'\n"
		"set lmargin at screen 0.44\n"
		"set rmargin at screen 0.8\n"
		"set logscale x 2\n"
		"set xrange [0.0625:16]\n"
		"set yrange [%u:-1]\n"
		"set style fill solid\n"
		"set arrow 1 from 1, graph 0 to 1, graph 1 nohead front\n"
		"plot $rows using (0.0625):1:(0.0625):2:($1 - 0.35):"
		"($1 + 0.35):6:ytic(5) with boxxyerror "
		"linecolor rgb variable notitle, "
		"$rows using 2:1:3:4 with xerrorbars pointtype 0 "
		"linecolor rgb '#222222' notitle\n"
		"unset label\n",
		drawn);
}

int bench_can_write(const char *output, const char *plot)
{
	const char *const paths[] = { output, plot };
	struct file_output file;
	unsigned int i;
	int error;

	for (i = 0; i < 2; i++) {
		if (!paths[i])
			continue;
		error = file_begin(&file, paths[i], 0666, FILE_STREAM);
		if (error)
			return fail("%s: %s", paths[i],
				    limen_file_strerror(error));
		file_abandon(&file);
	}
	if (plot && system("command -v gnuplot >/dev/null"))
		return fail("--plot: gnuplot is not installed");
	return DONE;
}

int bench_write_json(const char *path, struct json_object *json)
{
	const char *text = json_object_to_json_string_ext(json, JSON_LAYOUT);
	const struct iovec parts[] = {
		{ (void *)text, text ? strlen(text) : 0 },
		{ "\n", 1 },
	};
	int error = text ? file_replace(path, parts, 2, 0666, FILE_STREAM) :
			   -ENOMEM;

	return error ? fail("%s: %s", path, limen_file_strerror(error)) : DONE;
}

/* gnuplot, with its output in our file: 0 or an errno. */
static int start_gnuplot(struct bench_plot *plot)
{
	char *const arguments[] = { "gnuplot", NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC))
		return errno;
	error = posix_spawn_file_actions_init(&actions);
	if (error)
		goto failed;
	error = posix_spawn_file_actions_adddup2(&actions, ends[0],
						 STDIN_FILENO) ?:
		posix_spawn_file_actions_adddup2(&actions, plot->file.fd,
						 STDOUT_FILENO) ?:
		posix_spawnp(&plot->pid, "gnuplot", &actions, NULL, arguments,
			     environ);
	posix_spawn_file_actions_destroy(&actions);
	if (!error)
		plot->to = fdopen(ends[1], "w");
	if (plot->to) {
		close(ends[0]);
		return 0;
	}
failed:
	close(ends[0]);
	close(ends[1]);
	return error ?: ENOMEM;
}

int bench_plot_open(struct bench_plot *plot, const char *path,
		    unsigned int height, const char *title)
{
	int error;

	*plot = (struct bench_plot){ .path = path };
	error = file_begin(&plot->file, path, 0666, FILE_STREAM);
	if (error)
		return fail("%s: %s", path, limen_file_strerror(error));
	error = start_gnuplot(plot);
	if (error) {
		file_abandon(&plot->file);
		return fail("gnuplot: %s", strerror(error));
	}
	fprintf(plot->to,
		"set terminal svg size 1150, %u font 'sans-serif,13' "
		"background rgb 'white'\n"
		"set datafile separator \"\\t\"\n"
		"set multiplot title '%s' noenhanced\n",
		height, title);
	return DONE;
}

int bench_plot_close(struct bench_plot *plot)
{
	bool sent, drawn;
	int status, error;

	fputs("unset multiplot\n", plot->to);
	sent = !ferror(plot->to);
	sent &= !fclose(plot->to);
	while (waitpid(plot->pid, &status, 0) < 0 && errno == EINTR)
		;
	drawn = sent && WIFEXITED(status) && !WEXITSTATUS(status);
	if (!drawn) {
		file_abandon(&plot->file);
		return fail("%s: gnuplot cannot draw it", plot->path);
	}
	error = file_commit(&plot->file, NULL);
	return error ? fail("%s: %s", plot->path, limen_file_strerror(error)) :
		       DONE;
}
