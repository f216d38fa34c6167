// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a card does that the driver must survive, on cards that are processes
 * (tools/sim): answers that come while an interrupt is being acknowledged, registers
 * that say something else each time, DMA that no reset ends, a recovery of the bus that
 * is never finished, and mappings of its memory while the function is reset. And two
 * cards side by side.
 */
#include <linux/pci_regs.h>
#include <pthread.h>
#include <stdio.h>

#include <limen/firmware.h>

#include "client.h"
#include "limen_kselftest.h"
#include "pci.h"

FIXTURE(card)
{
	struct client client;
	long mark;
};

FIXTURE_SETUP(card)
{
	if (!cards[0][0])
		SKIP(return, "no card");
	card_choose(0);
	ASSERT_EQ(0, card_restore());
	self->mark = kmsg_mark();
	ASSERT_EQ(0, client_open(&self->client));
	ASSERT_EQ(0, client_verify(&self->client));
	ASSERT_EQ(0, client_search(&self->client));
}

FIXTURE_TEARDOWN_PARENT(card)
{
	const char *wrong;

	card_choose(0);
	wrong = card_left_well(self->mark);
	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
}

/* A child's exit status; -1 if it did not exit, -ETIMEDOUT if not in time. */
static int status_of(pid_t pid, __s64 nsec)
{
	__s64 end = in_ns(nsec);
	int status;
	pid_t got;

	do {
		got = waitpid(pid, &status, WNOHANG);
		if (!got)
			sleep_ms(10);
	} while (!got && now_ns() < end);
	if (!got)
		return -ETIMEDOUT;
	return got == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Far beyond a test's patience, so that nobody is helped by the watchdog. */
#define NEVER_MS	20000
#define PROMPTLY	(2 * NSEC_PER_SEC)

#define ROUNDS		600
#define ROUNDS_NS	(10 * NSEC_PER_SEC)
#define AT_ONCE		4

/*
 * A few comparisons at once and nothing else, so that there is no later event by which
 * a lost one is found: the answers that there were, or a negative error.
 */
static int compare_few(struct client *client)
{
	struct drm_limen_compare descs[AT_ONCE];
	unsigned int i;
	int ret;

	for (i = 0; i < AT_ONCE; i++) {
		descs[i] = compare_at(&client->host, 0, 512, 2048 + 32 * i, 512);
		memset(client->host.map + 2048 + 32 * i, POISON, 32);
	}
	ret = submit_compares(client->fd, client->express, descs, AT_ONCE,
			      PATIENCE);
	for (i = 0; i < AT_ONCE && !ret; i++)
		if (compare_result(&client->host, 2048 + 32 * i)->raw != 512)
			ret = -EBADMSG;
	return ret;
}

/* So many rounds, or as many as there is time for: nanoseconds of the longest, or an error. */
static __s64 longest_round(struct client *client)
{
	__s64 longest = 0, end = in_ns(ROUNDS_NS), start, spent;
	struct drm_limen_stats before, after;
	unsigned int i;
	int ret = limen_stats(client->fd, &before);

	for (i = 0; i < ROUNDS && longest < PROMPTLY && !ret; i++) {
		start = now_ns();
		if (start > end)
			break;
		ret = compare_few(client);
		spent = now_ns() - start;
		if (longest < spent)
			longest = spent;
	}
	if (!ret)
		ret = limen_stats(client->fd, &after);
	/* None was given up or submitted again. */
	if (!ret && i * AT_ONCE != after.comparisons - before.comparisons)
		ret = -ECANCELED;
	printf("# figure: card: the slowest of %u rounds took %lld ms\n", i,
	       longest / NSEC_PER_MSEC);
	return ret ?: longest;
}

/* An event's bit that is cleared by a write that arrives late has been an event. */
TEST_F(card, every_answer_is_seen)
{
	__s64 longest;

	ASSERT_EQ(0, card_watchdog(NEVER_MS));
	longest = longest_round(&self->client);
	EXPECT_LT(0, longest);
	EXPECT_GT(PROMPTLY, longest);
}

static int master(bool on)
{
	__u32 command;
	int ret = config_get(PCI_COMMAND, &command);

	/* The upper half clears by ones. */
	command &= 0xffff & ~PCI_COMMAND_MASTER;
	return ret ?: config_set(PCI_COMMAND,
				 command | (on ? PCI_COMMAND_MASTER : 0));
}

/* What the card may not write, it writes when it may. */
TEST_F(card, answers_wait_for_bus_mastering)
{
	pid_t pid;

	ASSERT_EQ(0, card_watchdog(NEVER_MS));
	ASSERT_EQ(0, config_set(KNOB_DELAY, 200));
	pid = fork();
	if (!pid)
		_exit(-client_verify(&self->client));
	sleep_ms(50);
	ASSERT_EQ(0, master(false));
	EXPECT_EQ(-ETIMEDOUT, status_of(pid, NSEC_PER_SEC));
	ASSERT_EQ(0, master(true));
	EXPECT_EQ(0, status_of(pid, PROMPTLY));
}

FIXTURE(fickle)
{
	long mark;
};

FIXTURE_VARIANT(fickle)
{
	__u32 registers;
};

FIXTURE_VARIANT_ADD(fickle, memory)
{
	.registers = FICKLE_MEM_SIZE,
};

/* Of one that says the second time that it is no board, nobody expects that it works. */
FIXTURE_VARIANT_ADD(fickle, all)
{
	.registers = ~FICKLE_ID,
};

FIXTURE_SETUP(fickle)
{
	if (!cards[0][0])
		SKIP(return, "no card");
	card_choose(0);
	ASSERT_EQ(0, card_restore());
	self->mark = kmsg_mark();
	ASSERT_EQ(0, card_unbind());
	ASSERT_EQ(0, config_set(KNOB_FICKLE, variant->registers));
}

FIXTURE_TEARDOWN_PARENT(fickle)
{
	const char *wrong;

	card_choose(0);
	if (card_is_bound())
		EXPECT_EQ(0, card_unbind());
	wrong = card_left_well(self->mark);
	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
}

/* What was read first counts; and its memory ends with its BAR, or before it. */
TEST_F(fickle, is_read_once)
{
	struct drm_limen_memory_info memory;
	struct drm_limen_device_info info;
	struct client fresh;
	__u32 mib, handle;
	__u64 reserved;
	struct bo bo;

	ASSERT_EQ(0, config_get(KNOB_MEM_MIB, &mib));
	ASSERT_EQ(0, card_bind());
	ASSERT_EQ(0, client_open(&fresh));
	EXPECT_EQ(0, client_verify(&fresh));
	EXPECT_EQ(0, client_search(&fresh));
	ASSERT_EQ(0, limen_device_info(fresh.fd, &info));
	EXPECT_EQ(1, info.hw_version >> 16);
	reserved = info.firmware_version ? LIMEN_FW_SIZE_MAX : 0;
	EXPECT_EQ(DRM_LIMEN_FEATURE_CLOCK |
		  (reserved ? DRM_LIMEN_FEATURE_FIRMWARE |
			      DRM_LIMEN_FEATURE_CAMERA : 0),
		  info.hw_features);
	EXPECT_EQ(reserved ? 125000 : 1000000, info.clock_khz);

	ASSERT_EQ(0, limen_memory_info(fresh.fd, &memory));
	ASSERT_EQ(((__u64)mib << 20) - reserved, memory.card_size);
	ASSERT_EQ(0, bo_new(fresh.fd, memory.card_free, DRM_LIMEN_BO_CARD,
			    &bo));
	memset(bo.map, 0x5a, bo.size);
	EXPECT_TRUE(all_bytes(bo.map, 0x5a, bo.size));
	EXPECT_EQ(-ENOSPC, bo_create(fresh.fd, PAGE, DRM_LIMEN_BO_CARD,
				     &handle));
	EXPECT_EQ(0, client_search(&fresh));
	bo_free(fresh.fd, &bo);
	client_close(&fresh);
}

/* Given up at work. Nobody's work goes on, and nothing is written. */
TEST_F(card, defiant_when_given_up)
{
	struct load *load = load_start();
	const char *wrong;
	int ended;

	ASSERT_NE(NULL, load);
	sleep_ms(500);
	ASSERT_EQ(0, card_defy());
	ASSERT_EQ(0, config_set(KNOB_FATAL, 1));
	sleep_ms(500);
	/* Who is to blame has another error; but nobody a wrong score. */
	ended = load_end(load);
	EXPECT_TRUE(!ended || ended == 2) TH_LOG("ended with %d", ended);
	load_free(load);
	EXPECT_EQ(-ENODEV, client_verify(&self->client));
	wrong = card_cut_off();
	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);

	client_close(&self->client);
	ASSERT_EQ(0, card_unbind());
	wrong = card_cut_off();
	EXPECT_EQ(NULL, wrong) TH_LOG("unbound: %s", wrong);
}

/* Unbound at work, and not taken when it is offered again. */
TEST_F(card, defiant_when_unbound)
{
	struct load *load = load_start();
	const char *wrong;

	ASSERT_NE(NULL, load);
	sleep_ms(500);
	ASSERT_EQ(0, card_defy());
	ASSERT_EQ(0, card_unbind());
	EXPECT_TRUE(load_loses_board(load));
	EXPECT_EQ(0, load_end(load));
	load_free(load);
	wrong = card_cut_off();
	EXPECT_EQ(NULL, wrong) TH_LOG("unbound: %s", wrong);

	EXPECT_EQ(-ENODEV, card_bind());
	wrong = card_cut_off();
	EXPECT_EQ(NULL, wrong) TH_LOG("not taken: %s", wrong);
}

/* In a reset that somebody else asks for. */
TEST_F(card, defiant_when_reset)
{
	const char *wrong;

	ASSERT_EQ(0, card_defy());
	ASSERT_EQ(0, write_file(card_file("reset"), "1"));
	EXPECT_EQ(-ENODEV, client_verify(&self->client));
	wrong = card_cut_off();
	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
}

/* What comparisons end with, which others may come before. */
static int verify_until(struct client *client, int wanted)
{
	__s64 end = in_ns(PATIENCE);
	int ret;

	do {
		ret = client_verify(client);
	} while (ret != wanted && now_ns() < end);
	return ret;
}

/* Where mappings are touched, and what with. */
#define MARK		0x11
#define TOUCH_AT	(PAGE + 64)
#define TOUCH		0x77

/**
 * struct toucher - who touches a mapping of card memory all the time
 * @map: two pages of MARK; from the second one on, TOUCH is written
 * @end: it is to end
 * @garbage: it has seen what is neither its nor zero
 * @back: it has seen its own after it had seen zeros
 * @zeros: it has seen zeros
 */
struct toucher {
	volatile uint8_t *map;
	bool end;
	bool garbage;
	bool back;
	bool zeros;
};

static void *touch(void *data)
{
	struct toucher *toucher = data;

	while (!__atomic_load_n(&toucher->end, __ATOMIC_RELAXED)) {
		uint8_t first = toucher->map[0];
		uint8_t own = toucher->map[TOUCH_AT];

		toucher->map[TOUCH_AT] = TOUCH;
		if ((first && first != MARK) || (own && own != TOUCH))
			toucher->garbage = true;
		if (first && toucher->zeros)
			toucher->back = true;
		if (!first)
			toucher->zeros = true;
	}
	return NULL;
}

FIXTURE(mapping)
{
	struct client client;
	struct bo bo;
	long mark;
};

FIXTURE_VARIANT(mapping)
{
	bool stuck;
	__u32 error;
};

FIXTURE_VARIANT_ADD(mapping, reset_by_sysfs)
{
};

FIXTURE_VARIANT_ADD(mapping, reset_by_the_driver)
{
	.stuck = true,
};

FIXTURE_VARIANT_ADD(mapping, reset_by_the_bus)
{
	.error = AER_MALFORMED,
};

FIXTURE_SETUP(mapping)
{
	if (!cards[0][0])
		SKIP(return, "no card");
	if (variant->error && access("/dev/aer_inject", W_OK))
		SKIP(return, "a kernel that does not inject errors of the bus");
	card_choose(0);
	ASSERT_EQ(0, card_restore());
	self->mark = kmsg_mark();
	ASSERT_EQ(0, client_open(&self->client));
	ASSERT_EQ(0, bo_new(self->client.fd, 2 * PAGE, DRM_LIMEN_BO_CARD,
			    &self->bo));
	memset(self->bo.map, MARK, PAGE);
	memset(self->bo.map + PAGE, TOUCH, PAGE);
}

FIXTURE_TEARDOWN_PARENT(mapping)
{
	const char *wrong;

	card_choose(0);
	wrong = card_left_well(self->mark);
	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
}

/* Neither what a reset leaves there nor what it finds: zeros, once and for all. */
TEST_F(mapping, touched_throughout)
{
	struct toucher toucher = { .map = self->bo.map };
	struct drm_limen_memory_info memory;
	__u32 before = card_resets();
	struct client *client = &self->client;
	struct bo bo;
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, touch, &toucher));
	sleep_ms(100);
	ASSERT_FALSE(toucher.zeros);
	if (variant->error) {
		ASSERT_EQ(0, card_error(false, variant->error));
		while (client_search(client) != -ESTALE)
			sleep_ms(10);
	} else if (variant->stuck) {
		ASSERT_EQ(0, config_set(KNOB_STUCK, STUCK_RESET));
		ASSERT_EQ(0, config_set(KNOB_FATAL, 1));
		EXPECT_EQ(-EIO, client_verify(client));
	} else {
		ASSERT_EQ(0, write_file(card_file("reset"), "1"));
	}
	while (card_resets() == before)
		sleep_ms(10);
	/* What the thread writes now, nobody else finds. */
	EXPECT_EQ(0, verify_until(client, 0));
	ASSERT_EQ(0, limen_memory_info(client->fd, &memory));
	ASSERT_EQ(0, bo_new(client->fd, memory.card_free, DRM_LIMEN_BO_CARD,
			    &bo));
	sleep_ms(100);
	EXPECT_TRUE(all_bytes(bo.map, 0, bo.size));
	bo_free(client->fd, &bo);
	__atomic_store_n(&toucher.end, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_TRUE(toucher.zeros);
	EXPECT_FALSE(toucher.garbage);
	EXPECT_FALSE(toucher.back);
}

/* Both cards; the second one is only there where somebody looks after it. */
FIXTURE(pair)
{
	struct client first;
	struct client second;
	long mark;
};

FIXTURE_SETUP(pair)
{
	if (!cards[1][0] || !strstr(cards[1], ".0"))
		SKIP(return, "no second card");
	card_choose(0);
	ASSERT_EQ(0, card_restore());
	card_choose(1);
	ASSERT_EQ(0, card_restore());
	/* It has a node only now. */
	card_choose(1);
	self->mark = kmsg_mark();
	ASSERT_EQ(0, client_open(&self->second));
	ASSERT_EQ(0, client_search(&self->second));
	card_choose(0);
	ASSERT_EQ(0, client_open(&self->first));
	ASSERT_EQ(0, client_search(&self->first));
}

FIXTURE_TEARDOWN_PARENT(pair)
{
	const char *wrong;

	card_choose(1);
	wrong = card_left_well(self->mark);
	EXPECT_EQ(NULL, wrong) TH_LOG("second card: %s", wrong);
	EXPECT_EQ(0, card_unbind());
	card_choose(0);
	wrong = card_left_well(self->mark);
	EXPECT_EQ(NULL, wrong) TH_LOG("first card: %s", wrong);
}

/* The second one has a vector for everything, whose bits are cleared all the time. */
TEST_F(pair, every_answer_is_seen_by_one_vector)
{
	__s64 longest;

	ASSERT_EQ(0, card_watchdog(NEVER_MS));
	longest = longest_round(&self->second);
	EXPECT_LT(0, longest);
	EXPECT_GT(PROMPTLY, longest);
}

/* Each works while the other is reset, and is unbound. */
TEST_F(pair, side_by_side)
{
	struct load *first, *second;
	unsigned int i, right;

	ASSERT_STRNE(cards[0], cards[1]);
	card_choose(0);
	first = load_start();
	card_choose(1);
	second = load_start();
	ASSERT_NE(NULL, first);
	ASSERT_NE(NULL, second);
	EXPECT_TRUE(load_works(first));
	EXPECT_TRUE(load_works(second));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, write_file(card_file("reset"), "1"));
		EXPECT_TRUE(load_works(first));
		EXPECT_TRUE(load_works(second));
	}
	EXPECT_EQ(0, first->refused);
	EXPECT_LT(0, second->refused);

	right = load_right(first);
	ASSERT_EQ(0, card_unbind());
	EXPECT_TRUE(load_loses_board(second));
	EXPECT_EQ(0, load_end(second));
	EXPECT_TRUE(load_works(first));
	EXPECT_LT(right, load_right(first));
	EXPECT_EQ(0, load_end(first));
	EXPECT_EQ(0, first->refused);
	EXPECT_EQ(0, first->gone);
	load_free(first);
	load_free(second);
}

#define HALT_MS		"2000"
#define HALT_DEFAULT	"30000"
#define HALT_FILE	"/sys/module/limen/parameters/halt_ms"

FIXTURE(abandoned)
{
	struct client client;
	__u32 handle;
	long mark;
};

FIXTURE_VARIANT(abandoned)
{
	__u32 error;
};

FIXTURE_VARIANT_ADD(abandoned, after_an_error)
{
	.error = AER_COMPLETION_TIMEOUT,
};

FIXTURE_VARIANT_ADD(abandoned, after_a_fatal_error)
{
	.error = AER_MALFORMED,
};

FIXTURE_SETUP(abandoned)
{
	if (!cards[1][0] || !strstr(cards[1], ".0"))
		SKIP(return, "no second card");
	if (access("/dev/aer_inject", W_OK))
		SKIP(return, "a kernel that does not inject errors of the bus");
	card_choose(0);
	ASSERT_EQ(0, card_restore());
	card_choose(1);
	ASSERT_EQ(0, card_restore());
	card_choose(1);
	self->mark = kmsg_mark();
	ASSERT_EQ(0, client_open(&self->client));
	ASSERT_EQ(0, client_search(&self->client));
	/* Not mapped: the handle is all there is of it. */
	ASSERT_EQ(0, bo_create(self->client.fd, 64 * PAGE, DRM_LIMEN_BO_CARD,
			       &self->handle));
	if (!access(HALT_FILE, F_OK))
		ASSERT_EQ(0, write_file(HALT_FILE, HALT_MS));
}

/* Of a card that the bus has given up, only a new look at it makes one that works. */
FIXTURE_TEARDOWN_PARENT(abandoned)
{
	const char *wrong;

	if (!access(HALT_FILE, F_OK))
		EXPECT_EQ(0, write_file(HALT_FILE, HALT_DEFAULT));
	card_choose(1);
	EXPECT_EQ(0, write_file(card_file("remove"), "1"));
	EXPECT_EQ(0, write_file(PCI_BUS "/rescan", "1"));
	wrong = card_left_well(self->mark);
	EXPECT_EQ(NULL, wrong) TH_LOG("second card: %s", wrong);
	EXPECT_EQ(0, card_unbind());
	card_choose(0);
	wrong = card_left_well(self->mark);
	EXPECT_EQ(NULL, wrong) TH_LOG("first card: %s", wrong);
}

/* Whether a call ends in a process of its own, with which error; or -ETIMEDOUT. */
static pid_t in_child(int (*call)(void *), void *data)
{
	pid_t pid = fork();

	if (!pid)
		_exit(-call(data));
	return pid;
}

static int close_buffer(void *data)
{
	FIXTURE_DATA(abandoned) *self = data;

	return bo_close(self->client.fd, self->handle);
}

static int unplug_first(void *data)
{
	(void)data;
	card_choose(0);
	return card_unbind();
}

static int verify_until_gone(void *data)
{
	return verify_until(data, -ENODEV);
}

/*
 * The function beside the card has no driver that could be asked, so that the bus ends
 * its recovery as soon as it has begun, and tells nobody. The driver waits for a time,
 * but nobody waits for the driver.
 */
TEST_F(abandoned, is_given_up)
{
	pid_t closing, unplugging, verifying;
	int events = uevent_open();

	ASSERT_LE(0, events);
	ASSERT_EQ(0, card_error(false, variant->error));
	while (client_search(&self->client) != -ESTALE)
		sleep_ms(1);
	closing = in_child(close_buffer, self);
	sleep_ms(100);
	unplugging = in_child(unplug_first, NULL);
	verifying = in_child(verify_until_gone, &self->client);
	EXPECT_EQ(0, status_of(closing, NSEC_PER_SEC));
	EXPECT_EQ(0, status_of(unplugging, 5 * NSEC_PER_SEC));
	EXPECT_TRUE(uevent_wait(events, "WEDGED=rebind,bus-reset",
				10 * NSEC_PER_SEC));
	EXPECT_EQ(ENODEV, status_of(verifying, 10 * NSEC_PER_SEC));
	EXPECT_EQ(-ENODEV, client_verify(&self->client));
	close(events);
}

int main(int argc, char **argv)
{
	cards_find();
	return test_harness_run(argc, argv);
}
