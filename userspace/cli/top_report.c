// SPDX-License-Identifier: MIT
/* limen top: a report as text and as JSON. */
#include "json.h"
#include "top.h"

static const struct {
	const char *name;
	unsigned int thousandths;
} percentiles[] = {
	{ "p50", 500 }, { "p90", 900 }, { "p99", 990 }, { "max", 1000 },
};

#define PERCENTILES (sizeof(percentiles) / sizeof(*percentiles))

static double mib(uint64_t bytes)
{
	return bytes / 1048576.0;
}

/* Open files that belong to nobody listed; one is this process's. */
static unsigned int unlisted(const struct top_report *report)
{
	size_t listed = report->clients.count + 1;

	return report->now.stats.files > listed ?
	       report->now.stats.files - listed : 0;
}

static void print_latencies(const struct top_report *report, FILE *to)
{
	char text[TOP_TEXT_SIZE];
	unsigned int i;

	fprintf(to, "latency  ");
	for (i = 0; i < PERCENTILES; i++)
		fprintf(to, "%s%s %s", i ? "   " : "", percentiles[i].name,
			top_latency_text(top_percentile(report->load.latencies,
							percentiles[i].thousandths),
					 text));
	fprintf(to, "\n         from doorbell to answer, counted by powers of two; "
		"longest ever %s\n",
		top_duration_text(report->now.stats.express_wait_max_ns, text));
}

static void print_clients(const struct top_report *report, FILE *to)
{
	const struct top_clients *clients = &report->clients;
	unsigned int left = unlisted(report);
	size_t i;

	fprintf(to, "\n%8s  %8s  %9s  %9s  %9s  %9s  %s\n", "CLIENT", "PID",
		"EXPRESS %", "SCAN %", "HOST MiB", "CARD MiB", "COMMAND");
	for (i = 0; i < clients->count; i++) {
		const struct top_client *client = &clients->list[i];

		fprintf(to, "%8llu  %8d  %9.1f  %9.1f  %9.1f  %9.1f  %s\n",
			(unsigned long long)client->id, client->pid,
			100 * client->express, 100 * client->scan,
			mib(client->host_bytes), mib(client->card_bytes),
			client->name);
	}
	if (left)
		fprintf(to, "and %u open file%s of processes that root may look at\n",
			left, left == 1 ? "" : "s");
}

void top_report_print(const struct top_report *report, FILE *to)
{
	const struct drm_limen_stats *stats = &report->now.stats;
	const struct drm_limen_memory_info *memory = &report->now.memory;
	const struct top_load *load = &report->load;

	fprintf(to, "%s at %s, the last %.1f s\n\n", report->board,
		report->node, load->seconds);
	fprintf(to, "express  %5.1f %% busy  %4u under way  %9.0f comparisons/s\n",
		100 * load->express, stats->express_depth, load->comparisons);
	fprintf(to, "scan     %5.1f %% busy  %4u under way  %9.0f rows/s  "
		"%.0f chunks/s\n",
		100 * load->scan, stats->scan_depth, load->rows, load->chunks);
	print_latencies(report, to);
	fprintf(to, "memory   stalled %.1f %% of the time; %.1f of %.1f MiB on "
		"the card in use\n", 100 * load->stall,
		mib(memory->card_size - memory->card_free),
		mib(memory->card_size));
	fprintf(to, "driver   %.0f doorbells/s  %.0f interrupts/s  %u resets, "
		"%u ever\n", load->doorbells, load->interrupts, load->resets,
		report->now.resets);
	print_clients(report, to);
}

static void add_count(struct json_object *object, const char *name,
		      uint64_t count)
{
	json_object_object_add(object, name, json_object_new_uint64(count));
}

/* Both ends of what is known; null of no comparisons. */
static struct json_object *latency_json(unsigned int entry)
{
	struct json_object *object;

	if (entry == TOP_NO_LATENCY)
		return NULL;
	object = json_object_new_object();
	add_count(object, "at_least_ns", entry ? 1ULL << entry : 0);
	if (entry < DRM_LIMEN_LATENCIES - 1)
		add_count(object, "less_than_ns", 2ULL << entry);
	return object;
}

static struct json_object *latencies_json(const struct top_report *report)
{
	struct json_object *object = json_object_new_object();
	unsigned int i;

	for (i = 0; i < PERCENTILES; i++)
		json_object_object_add(object, percentiles[i].name, latency_json(
				top_percentile(report->load.latencies,
					       percentiles[i].thousandths)));
	add_count(object, "longest_ever_ns",
		  report->now.stats.express_wait_max_ns);
	return object;
}

static struct json_object *client_json(const struct top_client *client)
{
	struct json_object *object = json_object_new_object();

	add_count(object, "client", client->id);
	add_count(object, "pid", client->pid);
	json_add_text(object, "command", client->name);
	json_add_number(object, "express_busy", client->express);
	json_add_number(object, "scan_busy", client->scan);
	add_count(object, "host_bytes", client->host_bytes);
	add_count(object, "card_bytes", client->card_bytes);
	return object;
}

struct json_object *top_report_json(const struct top_report *report)
{
	const struct drm_limen_stats *stats = &report->now.stats;
	const struct drm_limen_memory_info *memory = &report->now.memory;
	struct json_object *object = json_object_new_object();
	struct json_object *clients = json_object_new_array();
	const struct top_load *load = &report->load;
	size_t i;

	for (i = 0; i < report->clients.count; i++)
		json_object_array_add(clients,
				      client_json(&report->clients.list[i]));
	json_add_text(object, "node", report->node);
	json_add_text(object, "board", report->board);
	json_add_number(object, "seconds", load->seconds);
	json_add_number(object, "express_busy", load->express);
	json_add_number(object, "scan_busy", load->scan);
	json_add_number(object, "memory_stalled", load->stall);
	add_count(object, "express_under_way", stats->express_depth);
	add_count(object, "scan_under_way", stats->scan_depth);
	json_add_number(object, "comparisons_a_second", load->comparisons);
	json_add_number(object, "rows_a_second", load->rows);
	json_add_number(object, "chunks_a_second", load->chunks);
	json_add_number(object, "doorbells_a_second", load->doorbells);
	json_add_number(object, "interrupts_a_second", load->interrupts);
	add_count(object, "resets", load->resets);
	add_count(object, "resets_ever", report->now.resets);
	add_count(object, "card_bytes", memory->card_size);
	add_count(object, "card_bytes_free", memory->card_free);
	json_object_object_add(object, "latency", latencies_json(report));
	json_object_object_add(object, "clients", clients);
	add_count(object, "clients_unlisted", unlisted(report));
	return object;
}
