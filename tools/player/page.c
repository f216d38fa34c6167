// SPDX-License-Identifier: MIT
/*
 * The page that shows what was played.
 */
#include "page.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The style sheet, made a string when this is built. */
static const char style[] =
#include "style.h"
	;

/* Where the scale of all scores begins; those below are drawn there. */
#define SCALE_LOW (-0.2)

static const struct {
	const char *reason;
	const char *sentence;
} sentences[] = {
	{ "none", "Score at or above the threshold" },
	{ "score", "Score below the threshold" },
	{ "no-face", "Nobody in front of the camera" },
	{ "several-faces", "More than one person in front of the camera" },
	{ "quality", "Picture too dark or too blurred to compare" },
	{ "document", "No usable portrait in the document" },
	{ "camera", "No picture from the camera" },
	{ "device-fault", "The board failed while comparing" },
	{ "service", "The comparison service does not answer" },
	{ "timeout", "It took too long" },
	{ "internal", "An error in the gate" },
};

const char *page_reason(const char *reason)
{
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (!strcmp(reason, sentences[i].reason))
			return sentences[i].sentence;
	return reason;
}

static void print_text(FILE *file, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		default:
			putc(*text, file);
		}
	}
}

/* Where a similarity lies on a scale from low to 1. */
static double percent(double similarity, double low)
{
	double place = (similarity - low) / (1 - low) * 100;

	return place < 0 ? 0 : place > 100 ? 100 : place;
}

static bool is_match(const struct played *played)
{
	return !played->error && !strcmp(played->answer.decision, "MATCH");
}

static const char *kind(const struct played *played)
{
	return !played->expected ? "wrong" :
	       is_match(played)	 ? "match" :
				   "refer";
}

static void print_figure(FILE *file, const struct picture *picture,
			 const char *what, const char *instead)
{
	fputs("<figure>", file);
	if (picture->data) {
		fputs("<img alt=\"", file);
		print_text(file, what);
		fputs("\" src=\"", file);
		picture_print(file, picture);
		fputs("\">", file);
	} else {
		fprintf(file, "<div class=\"none\">%s</div>", instead);
	}
	fprintf(file, "<figcaption>%s</figcaption></figure>", what);
}

static void print_score(FILE *file, const struct answer *answer)
{
	if (!answer->scored) {
		fputs("<div class=\"score unscored\"><b>not compared</b></div>",
		      file);
		return;
	}
	fprintf(file,
		"<div class=\"score\"><b>%.4f</b><div class=\"scale\">"
		"<i style=\"width:%.2f%%\"></i><s style=\"left:%.2f%%\"></s>"
		"</div></div>",
		answer->similarity, percent(answer->similarity, 0),
		percent(answer->threshold, 0));
}

static void print_times(FILE *file, const struct answer *answer)
{
	double total = answer->milliseconds[STAGES - 1];

	fputs("<div class=\"times\"><div class=\"bar\">", file);
	for (int i = 0; i < STAGES - 1; i++)
		if (answer->milliseconds[i] > 0 && total > 0)
			fprintf(file,
				"<i class=\"t%d\" style=\"flex:%.1f\" title=\"%s\"></i>",
				i, answer->milliseconds[i], stage_names[i]);
	fputs("</div><dl>", file);
	for (int i = 0; i < STAGES; i++) {
		fprintf(file, "<div><dt class=\"t%d\">%s</dt><dd>", i,
			stage_names[i]);
		/* A stage that took no time did not run. */
		if (answer->milliseconds[i] > 0)
			fprintf(file, "%.0f&#8239;ms", answer->milliseconds[i]);
		else
			fputs("&ndash;", file);
		fputs("</dd></div>", file);
	}
	fputs("</dl></div>", file);
}

static void print_conditions(FILE *file, const struct traveller *traveller)
{
	if (traveller->fault[0]) {
		fputs("<li>board fault: ", file);
		print_text(file, traveller->fault);
		fputs("</li>", file);
	}
	if (traveller->blur)
		fprintf(file, "<li>out of focus by %u px</li>",
			traveller->blur);
	if (traveller->light < 100)
		fprintf(file, "<li>%u&#8239;%% of the light</li>",
			traveller->light);
}

static void print_card(FILE *file, const struct played *played)
{
	const struct answer *answer = &played->answer;

	fprintf(file, "<article class=\"%s\"><header><h2>", kind(played));
	print_text(file, played->traveller->name);
	fprintf(file, "</h2><strong>%s</strong></header><div class=\"pair\">",
		played->error ? "no answer" : answer->decision);
	print_figure(file, &played->document, "document", "unreadable");
	print_figure(file, &played->booth, "camera", "no picture");
	fputs("</div><p>", file);
	print_text(file, played->error ? strerror(-played->error) :
					 page_reason(answer->reason));
	fputs("</p>", file);
	print_score(file, answer);
	fputs("<ul>", file);
	print_conditions(file, played->traveller);
	if (answer->backend[0])
		fprintf(file, "<li>%s: %s</li>",
			answer->scored ? "compared by" : "asked",
			answer->backend);
	fprintf(file, "<li>%s</li></ul>",
		played->expected ? "as expected" : "NOT as expected");
	print_times(file, answer);
	fputs("</article>\n", file);
}

/* All scores on one scale: the distance between matches and others. */
static void print_overview(FILE *file, const struct played *played,
			   size_t count)
{
	double threshold = -1;

	fputs("<figure class=\"overview\"><div class=\"axis\">", file);
	for (size_t i = 0; i < count; i++) {
		const struct answer *answer = &played[i].answer;

		if (played[i].error)
			continue;
		threshold = answer->threshold;
		if (!answer->scored)
			continue;
		fprintf(file,
			"<i class=\"%s\" style=\"left:%.2f%%\" title=\"%.4f ",
			kind(&played[i]), percent(answer->similarity, SCALE_LOW),
			answer->similarity);
		print_text(file, played[i].traveller->name);
		fputs("\"></i>", file);
	}
	if (threshold > SCALE_LOW)
		fprintf(file,
			"<s style=\"left:%.2f%%\"><span>threshold %.2f</span></s>",
			percent(threshold, SCALE_LOW), threshold);
	for (int tick = -2; tick <= 10; tick += 2)
		fprintf(file, "<u style=\"left:%.2f%%\">%.1f</u>",
			percent(tick / 10.0, SCALE_LOW), tick / 10.0);
	fputs("</div><figcaption>every score, as published; a score is graded "
	      "evidence, the threshold is policy</figcaption></figure>\n",
	      file);
}

static void print_head(FILE *file, const struct played *played, size_t count)
{
	size_t matches = 0, unexpected = 0;
	struct utsname machine = { 0 };

	for (size_t i = 0; i < count; i++) {
		matches += is_match(&played[i]);
		unexpected += !played[i].expected;
	}
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	      "<meta name=\"viewport\" content=\"width=device-width,"
	      "initial-scale=1\"><meta name=\"color-scheme\" "
	      "content=\"light dark\"><title>Limen: travellers</title><style>",
	      file);
	fputs(style, file);
	fputs("</style></head><body><header class=\"top\"><h1>Limen</h1>"
	      "<p>Travellers at a border gate: the portrait in the document "
	      "against a live picture.</p><ul class=\"counts\">", file);
	fprintf(file,
		"<li><b>%zu</b> transits</li><li class=\"match\"><b>%zu</b> "
		"MATCH</li><li class=\"refer\"><b>%zu</b> REFER to the "
		"officer</li>",
		count, matches, count - matches);
	if (unexpected)
		fprintf(file,
			"<li class=\"wrong\"><b>%zu</b> not as expected</li>",
			unexpected);
	else
		fputs("<li><b>all</b> as expected</li>", file);
	uname(&machine);
	fprintf(file, "</ul><p class=\"machine\">Linux %s, %s</p></header>\n",
		machine.release, machine.machine);
}

static void print_page(FILE *file, const struct played *played, size_t count)
{
	print_head(file, played, count);
	print_overview(file, played, count);
	fputs("<main>\n", file);
	for (size_t i = 0; i < count; i++)
		print_card(file, &played[i]);
	fputs("</main><footer>The photographs are those of dlib's "
	      "examples/johns. Times are those of the machine that played; an "
	      "emulated processor takes seconds for a face.</footer></body>"
	      "</html>\n", file);
}

int page_write(const char *path, const struct played *played, size_t count)
{
	char fresh[PATH_MAX];
	bool failed;
	FILE *file;

	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >=
	    (int)sizeof(fresh))
		return -ENAMETOOLONG;
	file = fopen(fresh, "we");
	if (!file)
		return -errno;
	print_page(file, played, count);
	failed = ferror(file);
	if (fclose(file) || failed || rename(fresh, path)) {
		int err = errno ? -errno : -EIO;

		unlink(fresh);
		return err;
	}
	return 0;
}
