// SPDX-License-Identifier: MIT
/* Tables and pictures of what was measured. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench_table.h"
#include "cli.h"

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

void bench_add_text(struct json_object *object, const char *name,
		    const char *text)
{
	json_object_object_add(object, name, json_object_new_string(text));
}

void bench_add_number(struct json_object *object, const char *name,
		      double number)
{
	json_object_object_add(object, name, json_object_new_double(number));
}

void bench_add_whole(struct json_object *object, const char *name,
		     int64_t number)
{
	json_object_object_add(object, name, json_object_new_int64(number));
}

static struct json_object *row_json(const struct bench_row *row)
{
	struct json_object *object = json_object_new_object();
	enum bench_verdict verdict = bench_row_verdict(row);

	bench_add_text(object, "work", row->work);
	bench_add_text(object, "against", row->against);
	bench_add_text(object, "unit", row->unit);
	if (row->target)
		bench_add_number(object, row->at_most ? "at_most" : "at_least",
				 row->target);
	if (verdict == BENCH_NOT_MEASURED) {
		bench_add_text(object, "not_measured", row->missing);
		return object;
	}
	bench_add_number(object, "value", row->value);
	bench_add_number(object, "least", row->least);
	bench_add_number(object, "most", row->most);
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
	unsigned int i;
	FILE *file;

	for (i = 0; i < 2; i++) {
		if (!paths[i])
			continue;
		file = fopen(paths[i], "ae");
		if (!file)
			return fail("%s: %s", paths[i], strerror(errno));
		fclose(file);
	}
	if (plot && system("command -v gnuplot >/dev/null"))
		return fail("--plot: gnuplot is not installed");
	return DONE;
}

int bench_write_json(const char *path, struct json_object *json)
{
	if (json_object_to_file_ext(path, json, JSON_C_TO_STRING_PRETTY |
						JSON_C_TO_STRING_SPACED))
		return fail("%s: %s", path, strerror(errno));
	return DONE;
}

FILE *bench_plot_open(const char *path, unsigned int height, const char *title)
{
	FILE *gnuplot;

	if (strpbrk(path, "'\n")) {
		fail("--plot: no quotes in the file's name");
		return NULL;
	}
	gnuplot = popen("gnuplot", "we");
	if (!gnuplot) {
		fail("no new process: %s", strerror(errno));
		return NULL;
	}
	fprintf(gnuplot,
		"set terminal svg size 1150, %u font 'sans-serif,13' "
		"background rgb 'white'\n"
		"set output '%s'\n"
		"set datafile separator \"\\t\"\n"
		"set multiplot title '%s' noenhanced\n",
		height, path, title);
	return gnuplot;
}

int bench_plot_close(FILE *gnuplot, const char *path)
{
	fputs("unset multiplot\n", gnuplot);
	if (pclose(gnuplot))
		return fail("%s: gnuplot cannot draw it", path);
	return DONE;
}
