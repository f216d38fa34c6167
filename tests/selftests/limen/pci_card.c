// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver for boards on PCI Express against a card that is a process
 * (tools/sim): who it is; resets by the function, by sysfs and after errors of the
 * bus; and its coming and going.
 */
#include <glob.h>
#include <stdio.h>

#include "client.h"
#include "limen_kselftest.h"
#include "pci.h"

FIXTURE(card)
{
	struct client client;
	long mark;
	__u32 id;
	__u32 mem_mib;
};

FIXTURE_SETUP(card)
{
	if (!cards[0][0])
		SKIP(return, "no card");
	ASSERT_EQ(0, card_restore());
	self->mark = kmsg_mark();
	ASSERT_EQ(0, config_get(KNOB_ID, &self->id));
	ASSERT_EQ(0, config_get(KNOB_MEM_MIB, &self->mem_mib));
	ASSERT_EQ(0, client_open(&self->client));
	ASSERT_EQ(0, client_verify(&self->client));
	ASSERT_EQ(0, client_search(&self->client));
}

FIXTURE_TEARDOWN_PARENT(card)
{
	const char *wrong = card_left_well(self->mark);

	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
}

/* What the card held is lost, what is in host memory is not, and all works. */
static int works_after_loss(struct client *client)
{
	if (client_verify(client))
		return 1;
	if (client_search(client) != -ESTALE)
		return 2;
	if (gallery_destroy(client->fd, client->gallery))
		return 3;
	bo_free(client->fd, &client->card);
	if (client_fill(client))
		return 4;
	return client_search(client) ? 5 : 0;
}

/* Without the interrupt, only the watchdog would see an answer. */
TEST_F(card, interrupts)
{
	__s64 start;

	ASSERT_EQ(0, config_set(KNOB_DELAY, 20));
	start = now_ns();
	EXPECT_EQ(0, client_verify(&self->client));
	EXPECT_EQ(0, client_search(&self->client));
	EXPECT_GT(500 * NSEC_PER_MSEC, now_ns() - start);
}

/* Of the card's vectors, how many the driver has, and what one of them has come to. */
static unsigned int vectors(void)
{
	unsigned int count;
	glob_t irqs;

	if (glob(card_file("msi_irqs/*"), 0, NULL, &irqs))
		return 0;
	count = irqs.gl_pathc;
	globfree(&irqs);
	return count;
}

/* Interrupts by all vectors of that name, on all processors; -1: there is none. */
static long interrupts_by(const char *name)
{
	FILE *from = fopen("/proc/interrupts", "re");
	char line[1024], end[64];
	long sum = -1;

	snprintf(end, sizeof(end), " %s\n", name);
	while (from && fgets(line, sizeof(line), from)) {
		char *at = strchr(line, ':'), *next;
		size_t length = strlen(line);
		long count;

		if (!at || length < strlen(end) ||
		    strcmp(line + length - strlen(end), end))
			continue;
		for (at++, sum = sum < 0 ? 0 : sum;
		     count = strtol(at, &next, 10), next != at; at = next)
			sum += count;
	}
	if (from)
		fclose(from);
	return sum;
}

/* A ring's own vector tells of its answers, and the shared one of none. */
TEST_F(card, vectors)
{
	long shared, express, scan;

	if (vectors() == 1)
		SKIP(return, "a card with one vector");
	ASSERT_EQ(4, vectors());
	ASSERT_EQ(0, config_set(KNOB_DELAY, 20));
	shared = interrupts_by("limen");
	express = interrupts_by("limen-express");
	scan = interrupts_by("limen-scan");
	ASSERT_LE(0, express);
	ASSERT_LE(0, scan);
	ASSERT_EQ(0, client_verify(&self->client));
	EXPECT_EQ(express + 1, interrupts_by("limen-express"));
	EXPECT_EQ(scan, interrupts_by("limen-scan"));
	ASSERT_EQ(0, client_search(&self->client));
	EXPECT_EQ(express + 1, interrupts_by("limen-express"));
	EXPECT_EQ(scan + 1, interrupts_by("limen-scan"));
	EXPECT_EQ(shared, interrupts_by("limen"));
}

/* What a vector that never arrives would have told of, the watchdog finds. */
TEST_F(card, lost_vectors)
{
	static const __u32 lost[] = { 1, 2, 4, 15 };
	__s64 start;
	unsigned int i;

	ASSERT_EQ(0, config_set(KNOB_DELAY, 20));
	for (i = 0; i < ARRAY_SIZE(lost); i++) {
		ASSERT_EQ(0, config_set(KNOB_LOSE_VECTORS, lost[i]));
		start = now_ns();
		EXPECT_EQ(0, client_verify(&self->client));
		EXPECT_EQ(0, client_search(&self->client));
		EXPECT_GT(10 * NSEC_PER_SEC, now_ns() - start);
	}
	/* Also that it cannot go on, for which there is another vector. */
	ASSERT_EQ(0, config_set(KNOB_FATAL, 1));
	EXPECT_EQ(-EIO, client_verify(&self->client));
	ASSERT_EQ(0, config_set(KNOB_LOSE_VECTORS, 0));
	EXPECT_EQ(0, client_verify(&self->client));
	EXPECT_EQ(0, kmsg_count(self->mark, "giving its oldest entry up"));
}

#define MODERATION	"/sys/module/limen/parameters/moderation_us"

/* Interrupts come later, and less often, but they come. */
TEST_F(card, moderated_interrupts)
{
	long before, after;
	__s64 start, spent;
	unsigned int i;

	if (vectors() == 1)
		SKIP(return, "a card with one vector");
	/* More than a board has to take counts as what it takes. */
	ASSERT_EQ(0, write_file(MODERATION, "4294967295,0,0"));
	ASSERT_EQ(0, write_file(card_file("reset"), "1"));
	before = interrupts_by("limen-express");
	start = now_ns();
	for (i = 0; i < 20; i++)
		EXPECT_EQ(0, client_verify(&self->client));
	spent = now_ns() - start;
	after = interrupts_by("limen-express");
	EXPECT_LT(before, after);
	/* Ten milliseconds from one to the next. */
	EXPECT_GE(spent / (10 * NSEC_PER_MSEC) + 2, after - before);
	ASSERT_EQ(0, write_file(MODERATION, "0,0,0"));
	ASSERT_EQ(0, write_file(card_file("reset"), "1"));
	EXPECT_EQ(0, client_verify(&self->client));
}

/* Nothing comes of memory that cannot be believed. */
TEST_F(card, memory_errors)
{
	char text[32];

	ASSERT_EQ(0, config_set(KNOB_CORRECTED, 1));
	EXPECT_EQ(0, client_search(&self->client));
	ASSERT_EQ(0, config_set(KNOB_UNCORRECTED, 1));
	EXPECT_EQ(-EIO, client_search(&self->client));
	EXPECT_EQ(0, client_verify(&self->client));
	EXPECT_EQ(0, client_search(&self->client));
	EXPECT_EQ(1, kmsg_count(self->mark, "its memory had an error that it could not correct"));
	EXPECT_EQ(1, kmsg_count(self->mark, "card memory had errors: "));
	ASSERT_EQ(0, read_file(card_file("ecc_uncorrected"), text, sizeof(text)));
	EXPECT_LE(1, atol(text));
	ASSERT_EQ(0, read_file(card_file("ecc_corrected"), text, sizeof(text)));
	EXPECT_LE(1, atol(text));
}

/* Nobody finds what a reset has left in card memory. */
TEST_F(card, reset_idle)
{
	struct drm_limen_memory_info memory;
	__u32 before = card_resets();
	struct bo bo;

	ASSERT_EQ(0, write_file(card_file("reset"), "1"));
	EXPECT_LT(before, card_resets());
	EXPECT_EQ(0, works_after_loss(&self->client));
	ASSERT_EQ(0, limen_memory_info(self->client.fd, &memory));
	ASSERT_EQ(0, bo_new(self->client.fd, memory.card_free / 2,
			    DRM_LIMEN_BO_CARD, &bo));
	EXPECT_TRUE(all_bytes(bo.map, 0, bo.size));
	bo_free(self->client.fd, &bo);
}

/* Whoever waits is told how his work ended: a process, and its exit status. */
static pid_t verify_in_child(struct client *client)
{
	pid_t pid = fork();

	if (!pid)
		_exit(-client_verify(client));
	sleep_ms(300);
	return pid;
}

static int status_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST_F(card, reset_cancels_work)
{
	pid_t pid;

	ASSERT_EQ(0, config_set(KNOB_DELAY, 5000));
	pid = verify_in_child(&self->client);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, write_file(card_file("reset"), "1"));
	EXPECT_EQ(ECANCELED, status_of(pid));
	ASSERT_EQ(0, config_set(KNOB_DELAY, 0));
	EXPECT_EQ(0, works_after_loss(&self->client));
}

TEST_F(card, reset_by_any_method)
{
	static const char * const methods[] = { "flr", "pm", "bus" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		__u32 before = card_resets();

		ASSERT_EQ(0, write_file(card_file("reset_method"), methods[i])) {
			TH_LOG("%s", methods[i]);
		}
		ASSERT_EQ(0, write_file(card_file("reset"), "1"));
		EXPECT_LT(before, card_resets()) TH_LOG("%s", methods[i]);
		EXPECT_EQ(0, works_after_loss(&self->client)) {
			TH_LOG("%s", methods[i]);
		}
	}
	EXPECT_EQ(0, write_file(card_file("reset_method"), "default"));
}

#define RESETS	4

TEST_F(card, reset_under_load)
{
	struct load *load = load_start();
	unsigned int i;

	ASSERT_NE(NULL, load);
	for (i = 0; i < RESETS; i++) {
		/* Each has a gallery to lose. */
		EXPECT_TRUE(load_works(load));
		EXPECT_EQ(0, write_file(card_file("reset"), "1"));
	}
	EXPECT_TRUE(load_works(load));
	EXPECT_EQ(0, load_end(load));
	EXPECT_EQ(0, load->gone);
	/* Each lost its gallery each time. */
	EXPECT_LE(LOADS * RESETS, load->refused);
	load_free(load);
}

/* The kernel recovers in its own time: until card memory has been lost. */
static int recovery(struct client *client)
{
	__s64 end = in_ns(PATIENCE);
	int ret;

	do {
		ret = client_search(client);
	} while ((!ret || ret == -ECANCELED) && now_ns() < end);
	return ret == -ESTALE ? 0 : ret ?: -ETIMEDOUT;
}

FIXTURE(error)
{
	struct client client;
	long mark;
};

FIXTURE_VARIANT(error)
{
	bool port;
	__u32 error;
};

FIXTURE_VARIANT_ADD(error, of_the_card)
{
	.error = AER_COMPLETION_TIMEOUT,
};

FIXTURE_VARIANT_ADD(error, fatal_of_the_card)
{
	.error = AER_MALFORMED,
};

FIXTURE_VARIANT_ADD(error, fatal_of_the_port)
{
	.port = true,
	.error = AER_MALFORMED,
};

FIXTURE_SETUP(error)
{
	if (!cards[0][0])
		SKIP(return, "no card");
	if (access("/dev/aer_inject", W_OK))
		SKIP(return, "a kernel that does not inject errors of the bus");
	ASSERT_EQ(0, card_restore());
	self->mark = kmsg_mark();
	ASSERT_EQ(0, client_open(&self->client));
	ASSERT_EQ(0, client_search(&self->client));
}

FIXTURE_TEARDOWN_PARENT(error)
{
	const char *wrong = card_left_well(self->mark);

	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
}

TEST_F(error, idle)
{
	__u32 before = card_resets();

	ASSERT_EQ(0, card_error(variant->port, variant->error));
	EXPECT_EQ(0, recovery(&self->client));
	EXPECT_EQ(0, works_after_loss(&self->client));
	/* The bus is only reset after errors that are fatal. */
	if (variant->error == AER_MALFORMED)
		EXPECT_LT(before, card_resets());
}

TEST_F(error, work_is_cancelled)
{
	pid_t pid;

	ASSERT_EQ(0, config_set(KNOB_DELAY, 5000));
	pid = verify_in_child(&self->client);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, card_error(variant->port, variant->error));
	EXPECT_EQ(ECANCELED, status_of(pid));
	ASSERT_EQ(0, config_set(KNOB_DELAY, 0));
	EXPECT_EQ(0, recovery(&self->client));
	EXPECT_EQ(0, works_after_loss(&self->client));
}

TEST_F(error, under_load)
{
	struct load *load = load_start();

	ASSERT_NE(NULL, load);
	sleep_ms(500);
	ASSERT_EQ(0, card_error(variant->port, variant->error));
	EXPECT_EQ(0, recovery(&self->client));
	EXPECT_TRUE(load_works(load));
	EXPECT_EQ(0, load_end(load));
	EXPECT_EQ(0, load->gone);
	EXPECT_LE(LOADS, load->refused);
	load_free(load);
}

/* RESET does not help, so that the function is reset; the guilty one is told. */
TEST_F(card, function_level_reset)
{
	__u32 before = card_resets();

	ASSERT_EQ(0, config_set(KNOB_STUCK, STUCK_RESET));
	ASSERT_EQ(0, config_set(KNOB_FATAL, 1));
	EXPECT_EQ(-EIO, client_verify(&self->client));
	/* He is told before; who comes next waits for it. */
	while (client_verify(&self->client))
		sleep_ms(10);
	EXPECT_EQ(before + 1, card_resets());
	EXPECT_EQ(0, works_after_loss(&self->client));
}

/* Nothing helps: given up, until it is bound anew. */
TEST_F(card, given_up)
{
	ASSERT_EQ(0, config_set(KNOB_STUCK, STUCK_FUNCTION));
	ASSERT_EQ(0, config_set(KNOB_FATAL, 1));
	EXPECT_EQ(-EIO, client_verify(&self->client));
	EXPECT_EQ(-ENODEV, client_verify(&self->client));
	ASSERT_EQ(0, card_calm());
	ASSERT_EQ(0, card_unbind());
	ASSERT_EQ(0, card_bind());
	EXPECT_TRUE(board_works());
}

/* A card whose memory would end behind its BAR, or that is none, is left alone. */
TEST_F(card, liars_are_refused)
{
	ASSERT_EQ(0, card_unbind());
	ASSERT_EQ(0, config_set(KNOB_ID, self->id + 1));
	EXPECT_EQ(-ENODEV, card_bind());
	ASSERT_EQ(0, config_set(KNOB_ID, self->id));
	ASSERT_EQ(0, config_set(KNOB_MEM_MIB, self->mem_mib + 1));
	EXPECT_EQ(-ENODEV, card_bind());
	ASSERT_EQ(0, config_set(KNOB_MEM_MIB, 0));
	EXPECT_EQ(-ENODEV, card_bind());
	ASSERT_EQ(0, config_set(KNOB_MEM_MIB, self->mem_mib));
	EXPECT_EQ(0, card_bind());
	EXPECT_TRUE(board_works());
}

/*
 * The other cards: of one, BAR 0 ends before the registers do; one has no memory, and
 * one no MSI-X.
 */
TEST_F(card, misfits_are_refused)
{
	static const int errors[CARDS] = { 0, 0, -ENODEV, -ENODEV, -EINVAL };
	unsigned int i;

	if (!cards[CARDS - 1][0])
		SKIP(return, "not enough cards");
	for (i = GOOD_CARDS; i < CARDS; i++) {
		card_choose(i);
		EXPECT_EQ(errors[i], card_bind()) TH_LOG("card %u", i);
	}
}

/*
 * One that has been pulled out reads as ones, so it seems to say that it cannot go on;
 * but it is not waited for as one is that is stuck.
 */
TEST_F(card, pulled_out)
{
	__s64 start = now_ns();
	pid_t pid;

	ASSERT_EQ(0, config_set(KNOB_DELAY, 60000));
	pid = verify_in_child(&self->client);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, config_set(KNOB_GONE, 1));
	EXPECT_EQ(EIO, status_of(pid));
	EXPECT_GT(5 * NSEC_PER_SEC, now_ns() - start);
	EXPECT_EQ(-ENODEV, client_verify(&self->client));
	ASSERT_EQ(0, card_unbind());
	ASSERT_EQ(0, card_calm());
	ASSERT_EQ(0, card_bind());
	EXPECT_TRUE(board_works());
}

TEST_F(card, unbound_and_bound)
{
	pid_t pid;

	ASSERT_EQ(0, config_set(KNOB_DELAY, 5000));
	pid = verify_in_child(&self->client);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, card_unbind());
	EXPECT_EQ(ENODEV, status_of(pid));
	EXPECT_EQ(-ENODEV, client_verify(&self->client));
	ASSERT_EQ(0, config_set(KNOB_DELAY, 0));
	ASSERT_EQ(0, card_bind());
	EXPECT_TRUE(board_works());
	EXPECT_EQ(-ENODEV, client_verify(&self->client));
}

TEST_F(card, removed_under_load)
{
	struct load *load = load_start();

	ASSERT_NE(NULL, load);
	sleep_ms(500);
	ASSERT_EQ(0, write_file(card_file("remove"), "1"));
	EXPECT_EQ(-ENODEV, limen_open());
	EXPECT_TRUE(load_loses_board(load));
	EXPECT_EQ(0, load_end(load));
	EXPECT_LT(0, load->right);
	load_free(load);
	ASSERT_EQ(0, write_file(PCI_BUS "/rescan", "1"));
	EXPECT_TRUE(card_is_bound());
	EXPECT_TRUE(board_works());
}

/* Does something to the card until it is killed. */
static pid_t meddler(int (*meddle)(void))
{
	pid_t pid = fork();

	while (!pid) {
		meddle();
		sleep_ms(100);
	}
	return pid;
}

static int meddle_reset(void)
{
	return write_file(card_file("reset"), "1");
}

static int meddle_error(void)
{
	return card_error(false, AER_COMPLETION_TIMEOUT);
}

/* Resets, errors and binding, all at the same time, with a load on the card. */
TEST_F(card, meddled_with)
{
	pid_t resets = meddler(meddle_reset), errors = meddler(meddle_error);
	unsigned int i;

	client_close(&self->client);
	for (i = 0; i < 4; i++) {
		struct load *load = load_start();

		ASSERT_NE(NULL, load);
		sleep_ms(500);
		EXPECT_EQ(0, card_unbind());
		EXPECT_EQ(0, load_end(load));
		load_free(load);
		EXPECT_EQ(0, card_bind());
	}
	kill(resets, SIGKILL);
	kill(errors, SIGKILL);
	EXPECT_EQ(-1, status_of(resets));
	EXPECT_EQ(-1, status_of(errors));
}

static bool power_state_becomes(const char *wanted)
{
	__s64 end = in_ns(20 * NSEC_PER_SEC);
	char state[16];

	do {
		if (!read_file(card_file("power_state"), state, sizeof(state)) &&
		    !strcmp(state, wanted))
			return true;
		sleep_ms(50);
	} while (now_ns() < end);
	return false;
}

/* In D3hot, from which it comes back with another memory. */
TEST_F(card, sleeps)
{
	__u32 before = card_resets();
	struct client fresh;
	struct bo bo;

	client_close(&self->client);
	ASSERT_EQ(0, write_file(card_file("power/control"), "auto"));
	ASSERT_TRUE(power_state_becomes("D3hot\n"));
	ASSERT_EQ(0, client_open(&fresh));
	EXPECT_TRUE(power_state_becomes("D0\n"));
	EXPECT_EQ(before + 1, card_resets());
	EXPECT_EQ(0, client_verify(&fresh));
	EXPECT_EQ(0, client_search(&fresh));
	ASSERT_EQ(0, bo_new(fresh.fd, 64 * PAGE, DRM_LIMEN_BO_CARD, &bo));
	EXPECT_TRUE(all_bytes(bo.map, 0, bo.size));
	bo_free(fresh.fd, &bo);
	client_close(&fresh);

	/* Who resets it wakes it up, and it sleeps again. */
	ASSERT_TRUE(power_state_becomes("D3hot\n"));
	EXPECT_EQ(0, write_file(card_file("reset"), "1"));
	EXPECT_TRUE(power_state_becomes("D3hot\n"));
	ASSERT_EQ(0, card_unbind());
	ASSERT_EQ(0, card_bind());
	EXPECT_TRUE(board_works());
	EXPECT_EQ(0, write_file(card_file("power/control"), "on"));
}

/*
 * Memory runs out at each place in turn until the card has said who it is. Not
 * further: of one that is denied memory for its vectors, PCI, at least until Linux
 * 6.12, unmaps the table twice, and complains.
 */
TEST_F(card, memory_runs_out)
{
	unsigned int nth = 0;
	bool denied = true;

	if (inject_init())
		SKIP(return, "a kernel that cannot inject failures");
	ASSERT_EQ(0, inject_open());
	client_close(&self->client);
	ASSERT_EQ(0, card_unbind());
	ASSERT_EQ(0, config_set(KNOB_ID, self->id + 1));
	while (denied) {
		int ret;

		ASSERT_EQ(0, inject_arm(++nth));
		ret = card_bind();
		denied = inject_disarm();
		EXPECT_TRUE(ret == -ENODEV || (denied && ret == -ENOMEM)) {
			TH_LOG("place %u: %s", nth, strerror(-ret));
		}
	}
	EXPECT_LT(1, nth);
	ASSERT_EQ(0, config_set(KNOB_ID, self->id));
	ASSERT_EQ(0, card_bind());
	printf("# figure: card: %u places\n", nth - 1);
}

int main(int argc, char **argv)
{
	cards_find();
	return test_harness_run(argc, argv);
}
