// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile card, which is a process (tools/sim): what it is asked for in registers, in its
 * rings and by interrupts, it lies about at random, and where it writes to. The kernel
 * neither complains, nor does anybody wait for ever, nor is anybody given a score that is
 * wrong by a lie that is not about scores. When the card lies no more it works, or has been
 * given up and works when it is bound anew.
 *
 * HOSTILE_SECONDS in the environment says for how long, HOSTILE_SEED with which seeds.
 */
#include <stdio.h>

#include "client.h"
#include "limen_kselftest.h"
#include "pci.h"

#define SECONDS		7
#define BINDING_SECONDS	5
#define WATCHDOG	100
#define RESETS_MAX	30

/* How long a seed lies for. */
#define LYING_MS	400

#define WORKERS		4
#define DIM		512
#define ROWS		8

/* Nobody waits for longer: a reset that fails, by register and by the bus, and a boot. */
#define END_NS		(30 * NSEC_PER_SEC)

/**
 * struct tally - what all workers have seen
 * @end: they are to end
 * @right: right scores
 * @wrong: wrong ones
 * @errors: errors in place of scores
 * @strange: the last error that was not to be expected
 */
struct tally {
	bool end;
	unsigned int right;
	unsigned int wrong;
	unsigned int errors;
	int strange;
};

static struct tally *tally;

/* All scores of a worker are its own, so that it does not take another's for one. */
static int fill_client(struct client *client, int own)
{
	int ret = client_open(client);

	if (ret)
		return ret;
	memset(client->host.map + DIM, own, DIM);
	return 0;
}

static int verify(struct client *client, int own)
{
	struct drm_limen_compare desc = compare_at(&client->host, 0, DIM, 2048,
						   DIM);
	int ret;

	memset(client->host.map + 2048, POISON, 32);
	ret = submit_compares(client->fd, client->express, &desc, 1, PATIENCE);
	return ret ?: compare_result(&client->host, 2048)->raw != DIM * own;
}

static void count(int ret)
{
	unsigned int *of = !ret ? &tally->right : ret > 0 ? &tally->wrong :
							    &tally->errors;

	__atomic_add_fetch(of, 1, __ATOMIC_RELAXED);
	if (ret < 0 && ret != -EIO && ret != -ETIME && ret != -ECANCELED &&
	    ret != -ESTALE && ret != -ENODEV && ret != -EAGAIN)
		__atomic_store_n(&tally->strange, ret, __ATOMIC_RELAXED);
}

/* Until the board is gone: also a search, whose rows are ones. */
static void work(int own)
{
	struct client client;
	int ret = fill_client(&client, own);

	while (!ret && !__atomic_load_n(&tally->end, __ATOMIC_RELAXED)) {
		ret = verify(&client, own);
		count(ret);
		if (ret == -ENODEV)
			break;
		ret = client_search(&client);
		count(ret);
		if (ret == -ESTALE || ret == -ECANCELED) {
			gallery_destroy(client.fd, client.gallery);
			bo_free(client.fd, &client.card);
			ret = client_fill(&client);
			continue;
		}
		ret = ret == -ENODEV ? ret : 0;
	}
	client_close(&client);
}

/* False if a worker did not end. */
static bool wait_for(const pid_t *pids)
{
	__s64 end = in_ns(END_NS);
	bool ended = true;
	unsigned int i;

	for (i = 0; i < WORKERS; i++) {
		while (waitpid(pids[i], NULL, WNOHANG) != pids[i]) {
			if (now_ns() > end) {
				kill(pids[i], SIGKILL);
				ended = false;
				break;
			}
			sleep_ms(5);
		}
	}
	return ended;
}

/* A load on a card that lies; false if somebody waits for ever. */
static bool lie(__u32 seed, __u32 about, __u32 one_in)
{
	pid_t pids[WORKERS];
	unsigned int i;

	tally->end = false;
	for (i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			work(2 + i);
			_exit(0);
		}
	}
	sleep_ms(LYING_MS / 4);
	config_set(KNOB_HOSTILE_ONE_IN, one_in);
	config_set(KNOB_HOSTILE_SEED, seed);
	config_set(KNOB_HOSTILE, about);
	sleep_ms(LYING_MS);
	__atomic_store_n(&tally->end, true, __ATOMIC_RELAXED);
	/* It goes on lying while they end. */
	return wait_for(pids);
}

FIXTURE(hostile)
{
	__u32 seed;
	__s64 end;
	long mark;
};

FIXTURE_VARIANT(hostile)
{
	__u32 about;
	__u32 one_in;
	/* Of scores nothing is said. */
	bool scores;
};

FIXTURE_VARIANT_ADD(hostile, answers)
{
	.about = HOSTILE_ANSWERS | HOSTILE_INTERRUPTS,
	.one_in = 6,
};

FIXTURE_VARIANT_ADD(hostile, registers)
{
	.about = HOSTILE_REGISTERS | HOSTILE_ANSWERS | HOSTILE_INTERRUPTS,
	.one_in = 12,
};

FIXTURE_VARIANT_ADD(hostile, all)
{
	.about = HOSTILE_REGISTERS | HOSTILE_ANSWERS | HOSTILE_INTERRUPTS |
		 HOSTILE_ENTRIES | HOSTILE_RESULTS | HOSTILE_DMA,
	.one_in = 8,
	.scores = true,
};

static __s64 end_of(unsigned int usual)
{
	const char *seconds = getenv("HOSTILE_SECONDS");

	return in_ns((seconds ? atoi(seconds) : usual) * NSEC_PER_SEC);
}

static __u32 first_seed(void)
{
	const char *seed = getenv("HOSTILE_SEED");

	return seed ? strtoul(seed, NULL, 0) : now_ns() / 1000 | 1;
}

/* A card that may lie; the reason why not, or NULL. */
static const char *unfit(void)
{
	if (!cards[0][0])
		return "no card";
	/* Without one, a card that writes anywhere writes into the kernel. */
	if (access(card_file("iommu_group"), F_OK))
		return "a card without an IOMMU";
	return NULL;
}

static int get_ready(void)
{
	return card_restore() ?: config_set(KNOB_LIES, 0) ?:
	       card_watchdog(WATCHDOG) ?: driver_set("resets_max", 0);
}

static const char *left_well(long mark)
{
	config_set(KNOB_HOSTILE, 0);
	/* What it reached for is not what the driver had it reach for. */
	config_set(KNOB_REFUSED, 0);
	return driver_set("resets_max", RESETS_MAX) ? "resets_max is lost" :
						      card_left_well(mark);
}

FIXTURE_SETUP(hostile)
{
	if (unfit())
		SKIP(return, "%s", unfit());
	ASSERT_EQ(0, get_ready());
	tally = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, tally);
	self->seed = first_seed();
	self->end = end_of(SECONDS);
	self->mark = kmsg_mark();
}

FIXTURE_TEARDOWN_PARENT(hostile)
{
	const char *wrong = left_well(self->mark);

	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
}

/* It tells the truth, and may have been given up; true if it works, or works bound anew. */
static bool mend(unsigned int *given_up)
{
	int ret = config_set(KNOB_HOSTILE, 0);
	struct client client;

	if (!ret && !client_open(&client)) {
		__s64 end = in_ns(PATIENCE);

		/* Lies that have been told take their time to be noticed. */
		do {
			ret = client_verify(&client);
		} while (ret && ret != -ENODEV && now_ns() < end);
		client_close(&client);
		if (!ret)
			return true;
	}
	(*given_up)++;
	return !card_unbind() && !card_bind() && board_works();
}

/* As many seeds as there is time for. */
TEST_F_TIMEOUT(hostile, under_load, 600)
{
	unsigned int seeds = 0, given_up = 0;
	__u32 lies;

	while (now_ns() < self->end) {
		ASSERT_TRUE(lie(self->seed, variant->about, variant->one_in)) {
			TH_LOG("seed %u: somebody waits for ever", self->seed);
		}
		ASSERT_TRUE(mend(&given_up)) TH_LOG("seed %u: it does not work again", self->seed);
		if (!variant->scores)
			ASSERT_EQ(0, tally->wrong) TH_LOG("seed %u", self->seed);
		ASSERT_EQ(0, tally->strange) TH_LOG("seed %u", self->seed);
		self->seed++;
		seeds++;
	}
	ASSERT_EQ(0, config_get(KNOB_LIES, &lies));
	EXPECT_LT(seeds, lies);
	EXPECT_LT(0, tally->right);
	printf("# figure: hostile: %u lies of %u seeds up to %u: %u right scores, %u wrong, %u errors; given up %u times\n",
	       lies, seeds, self->seed - 1, tally->right, tally->wrong,
	       tally->errors, given_up);
}

FIXTURE(binding)
{
	__u32 seed;
	__s64 end;
	long mark;
};

FIXTURE_SETUP(binding)
{
	if (unfit())
		SKIP(return, "%s", unfit());
	ASSERT_EQ(0, get_ready());
	self->seed = first_seed();
	self->end = end_of(BINDING_SECONDS);
	self->mark = kmsg_mark();
}

FIXTURE_TEARDOWN_PARENT(binding)
{
	const char *wrong = left_well(self->mark);

	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
}

/* Whether it is taken, by a driver that it lies to about every so many registers. */
static bool bind_liar(__u32 seed)
{
	config_set(KNOB_HOSTILE_ONE_IN, 10 + 20 * (seed % 4));
	config_set(KNOB_HOSTILE_SEED, seed);
	config_set(KNOB_HOSTILE, ~0);
	return !card_bind();
}

/* It lies from the beginning: it is taken or not, and is, when it lies no more. */
TEST_F_TIMEOUT(binding, of_a_liar, 600)
{
	unsigned int bound = 0, tries = 0;

	while (now_ns() < self->end) {
		ASSERT_EQ(0, card_unbind());
		bound += bind_liar(self->seed);
		tries++;
		ASSERT_EQ(0, config_set(KNOB_HOSTILE, 0));
		if (card_is_bound())
			ASSERT_EQ(0, card_unbind());
		ASSERT_FALSE(card_masters_bus()) TH_LOG("seed %u", self->seed);
		ASSERT_EQ(0, card_bind()) TH_LOG("seed %u", self->seed);
		ASSERT_TRUE(board_works()) TH_LOG("seed %u", self->seed);
		self->seed++;
	}
	printf("# figure: hostile: bound %u of %u times, seeds up to %u\n", bound,
	       tries, self->seed - 1);
}

int main(int argc, char **argv)
{
	cards_find();
	return test_harness_run(argc, argv);
}
