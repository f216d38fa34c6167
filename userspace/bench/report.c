// SPDX-License-Identifier: MIT
/* What limen bench match tells: the machine, the table, JSON and the plot. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"
#include "report.h"

/* The value after "NAME:" in a file of such lines; "" if it is not there. */
static void read_field(const char *path, const char *name, char *value,
		       size_t size)
{
	const size_t length = strlen(name);
	FILE *file = fopen(path, "re");
	char *line = NULL, *at;
	size_t room = 0;

	value[0] = '\0';
	while (file && !value[0] && getline(&line, &room, file) > 0) {
		at = strchr(line, ':');
		if (!at || strncmp(line, name, length) ||
		    (line[length] != ':' && !isspace(line[length])))
			continue;
		at += 1 + strspn(at + 1, " \t");
		at[strcspn(at, "\n")] = '\0';
		snprintf(value, size, "%s", at);
	}
	free(line);
	if (file)
		fclose(file);
}

static uint64_t kilobytes(const char *path, const char *name)
{
	char value[100];

	read_field(path, name, value, sizeof(value));
	return strtoull(value, NULL, 10);
}

uint64_t bench_memory_field(const char *name)
{
	return kilobytes("/proc/self/status", name);
}

double bench_memory_available(void)
{
	return kilobytes("/proc/meminfo", "MemAvailable") * 1024.0;
}

double bench_huge_share(void)
{
	static const char path[] = "/proc/self/smaps_rollup";
	uint64_t resident = kilobytes(path, "Rss");

	if (!resident)
		return -1;
	return (double)(kilobytes(path, "AnonHugePages") +
			kilobytes(path, "ShmemPmdMapped") +
			kilobytes(path, "FilePmdMapped")) / resident;
}

/* Of the processor's flags, those of the instructions that kernels use. */
static void read_features(char *features, size_t size)
{
	static const char *const telling[] = {
		"avx2", "avx_vnni", "avx512f", "avx512_vnni", "amx_int8",
		"asimd", "asimddp", "i8mm",
	};
	char flags[4096], *flag, *rest = flags;
	size_t used = 0;
	unsigned int i;

	read_field("/proc/cpuinfo", "flags", flags, sizeof(flags));
	if (!flags[0])
		read_field("/proc/cpuinfo", "Features", flags, sizeof(flags));
	features[0] = '\0';
	while ((flag = strsep(&rest, " ")))
		for (i = 0; i < sizeof(telling) / sizeof(*telling); i++)
			if (!strcmp(flag, telling[i]) && used < size)
				used += snprintf(features + used, size - used,
						 "%s%s", used ? " " : "", flag);
}

static void read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");

	if (!file || !fgets(line, size, file))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (file)
		fclose(file);
}

void bench_machine_look(struct bench_machine *machine)
{
	struct utsname name;

	read_field("/proc/cpuinfo", "model name", machine->processor,
		   sizeof(machine->processor));
	if (!machine->processor[0])
		strcpy(machine->processor, "unnamed processor");
	read_features(machine->features, sizeof(machine->features));
	machine->processors = sysconf(_SC_NPROCESSORS_ONLN);
	machine->memory = kilobytes("/proc/meminfo", "MemTotal") * 1024 / 1e9;
	if (!uname(&name))
		snprintf(machine->kernel, sizeof(machine->kernel), "%s %s %s",
			 name.sysname, name.release, name.machine);
	if (getloadavg(&machine->load, 1) != 1)
		machine->load = -1;
	machine->page = sysconf(_SC_PAGESIZE);
	read_line("/sys/kernel/mm/transparent_hugepage/enabled", machine->huge,
		  sizeof(machine->huge));
}

static int ascending(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Nanoseconds of the fastest, the median and the slowest round. */
struct spread {
	int64_t least;
	int64_t median;
	int64_t most;
};

static struct spread spread_of(const struct bench_times *times)
{
	int64_t sorted[BENCH_ROUNDS];

	memcpy(sorted, times->elapsed, sizeof(sorted));
	qsort(sorted, times->count, sizeof(*sorted), ascending);
	return (struct spread){ sorted[0], sorted[times->count / 2],
				sorted[times->count - 1] };
}

double bench_rate(const struct bench_times *times)
{
	if (!times->count)
		return 0;
	return times->work * 1e9 / spread_of(times).median;
}

static void print_share(const char *whose, double share)
{
	if (share < 0)
		printf(", of %s unknown", whose);
	else
		printf(", %.0f %% of %s", 100 * share, whose);
}

static void print_machine(const struct bench_report *report)
{
	const struct bench_machine *machine = &report->machine;

	printf("%s, %u processors (%s), %.1f GB, %s\n", machine->processor,
	       machine->processors, machine->features, machine->memory,
	       machine->kernel);
	printf("pages of %ld bytes, transparent huge pages: %s; in huge pages",
	       machine->page, machine->huge);
	print_share("Limen's memory", machine->own_huge);
	print_share("the peers'", machine->peers_huge);
	printf("\nload average before: %.2f; Limen: %s; one thread but where said\n",
	       machine->load, report->backend);
}

static void print_times(const struct bench_report *report)
{
	unsigned int i;

	printf("\n%-42s %10s %10s %10s  %s\n", "a run of", "median ms",
	       "fastest", "slowest", "rate");
	for (i = 0; i < report->times_count; i++) {
		const struct bench_times *times = &report->times[i];
		struct spread spread;

		if (times->missing[0] || !times->count) {
			printf("%-42s not measured: %s\n", times->name,
			       times->missing);
			continue;
		}
		spread = spread_of(times);
		printf("%-42s %10.3f %10.3f %10.3f  %.1f %s/s\n", times->name,
		       spread.median / 1e6, spread.least / 1e6,
		       spread.most / 1e6, bench_rate(times), times->unit);
		if (times->detail[0])
			printf("  %s\n", times->detail);
	}
}

void bench_report_print(const struct bench_report *report)
{
	unsigned int i;

	print_machine(report);
	print_times(report);
	bench_rows_print(report->rows, report->rows_count);
	printf("\n%12s  %12s  %s\n", "gallery", "median ms", "ns a row");
	for (i = 0; i < report->points_count; i++) {
		const struct bench_point *point = &report->points[i];

		printf("%12u  %12.3f  %.2f\n", point->rows,
		       point->elapsed / 1e6,
		       (double)point->elapsed / point->rows);
	}
}

struct json_object *bench_machine_json(const struct bench_machine *machine)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "processor", machine->processor);
	json_add_text(object, "features", machine->features);
	json_add_whole(object, "processors", machine->processors);
	json_add_number(object, "memory_gb", machine->memory);
	json_add_text(object, "kernel", machine->kernel);
	json_add_number(object, "load_before", machine->load);
	json_add_whole(object, "page_bytes", machine->page);
	json_add_text(object, "transparent_huge_pages", machine->huge);
	if (machine->own_huge >= 0)
		json_add_number(object, "huge_share", machine->own_huge);
	if (machine->peers_huge >= 0)
		json_add_number(object, "peers_huge_share", machine->peers_huge);
	return object;
}

static struct json_object *times_json(const struct bench_times *times)
{
	struct json_object *object = json_object_new_object();
	struct spread spread;

	json_add_text(object, "name", times->name);
	json_add_text(object, "detail", times->detail);
	if (times->missing[0] || !times->count) {
		json_add_text(object, "not_measured", times->missing);
		return object;
	}
	spread = spread_of(times);
	json_add_whole(object, "median_ns", spread.median);
	json_add_whole(object, "fastest_ns", spread.least);
	json_add_whole(object, "slowest_ns", spread.most);
	json_add_whole(object, "rounds", times->count);
	json_add_number(object, "rate", bench_rate(times));
	json_add_text(object, "rate_unit", times->unit);
	return object;
}

static struct json_object *point_json(const struct bench_point *point)
{
	struct json_object *object = json_object_new_object();

	json_add_whole(object, "rows", point->rows);
	json_add_whole(object, "median_ns", point->elapsed);
	return object;
}

struct json_object *bench_report_json(const struct bench_report *report)
{
	struct json_object *object = json_object_new_object();
	struct json_object *times = json_object_new_array();
	struct json_object *points = json_object_new_array();
	unsigned int i;

	for (i = 0; i < report->times_count; i++)
		json_object_array_add(times, times_json(&report->times[i]));
	for (i = 0; i < report->points_count; i++)
		json_object_array_add(points, point_json(&report->points[i]));
	json_object_object_add(object, "machine",
			       bench_machine_json(&report->machine));
	json_add_text(object, "limen", report->backend);
	json_object_object_add(object, "table",
			       bench_rows_json(report->rows,
					       report->rows_count));
	json_object_object_add(object, "times", times);
	json_object_object_add(object, "galleries", points);
	return object;
}

static void draw_points(FILE *gnuplot, const struct bench_report *report)
{
	unsigned int i;

	fputs("$points << end\n", gnuplot);
	for (i = 0; i < report->points_count; i++)
		fprintf(gnuplot, "%u\t%g\n", report->points[i].rows,
			(double)report->points[i].elapsed /
			report->points[i].rows);
	fprintf(gnuplot,
		"end\n"
		"unset arrow 1\n"
		"set title 'a search of one gallery: time a row'\n"
		"set size 1, 0.38\n"
		"set origin 0, 0\n"
		"set lmargin at screen 0.1\n"
		"set rmargin at screen 0.95\n"
		"set ytics auto\n"
		"set logscale x 10\n"
		"set xrange [*:*]\n"
		"set yrange [0:*]\n"
		"set format x '10^{%%T}'\n"
		"set xlabel 'rows'\n"
		"set ylabel 'ns'\n"
		"set key bottom right\n"
		"set grid\n"
		"plot $points using 1:2 with linespoints pointtype 7 "
		"linecolor rgb '#4477aa' title 'Limen, Q=1, top-10', "
		"%g linecolor rgb '#222222' title 'reading whole rows'\n",
		report->reading_ns);
}

int bench_report_plot(const struct bench_report *report, const char *path)
{
	char title[sizeof(report->machine.processor) +
		   sizeof(report->backend) + 2];
	struct bench_plot picture;

	snprintf(title, sizeof(title), "%s, %s", report->machine.processor,
		 report->backend);
	if (bench_plot_open(&picture, path, 900, title))
		return FAILED;
	fputs("set size 1, 0.58\n"
	      "set origin 0, 0.38\n", picture.to);
	bench_rows_draw(picture.to, report->rows, report->rows_count);
	draw_points(picture.to, report);
	return bench_plot_close(&picture);
}
