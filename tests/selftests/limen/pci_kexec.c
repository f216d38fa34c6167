// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card (tests/card) at work, when its kernel hands the machine to another one. Each
 * test belongs to one kernel: the first is shut down, the second finds the card cut off
 * and crashes, and the third, which is loaded for that, finds it as the second left it.
 * The environment says what is loaded: KEXEC_KERNEL, KEXEC_INITRAMFS, KEXEC_WORDS.
 */
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "client.h"
#include "limen_kselftest.h"
#include "pci.h"

FIXTURE(card)
{
};

FIXTURE_SETUP(card)
{
	cards_find();
	/* Without a card these tests would not have been asked for. */
	ASSERT_NE(0, cards[0][0]);
	card_choose(0);
}

FIXTURE_TEARDOWN(card)
{
}

static int open_named(const char *variable)
{
	const char *path = getenv(variable);

	return path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

static int load_kernel(unsigned long flags)
{
	const char *words = getenv("KEXEC_WORDS");
	int kernel = open_named("KEXEC_KERNEL");
	int initramfs = open_named("KEXEC_INITRAMFS");
	int ret;

	if (!words)
		return -EINVAL;
	ret = syscall(SYS_kexec_file_load, kernel, initramfs, strlen(words) + 1,
		      words, flags) ? -errno : 0;
	close(initramfs);
	close(kernel);
	return ret;
}

/* Clients of the card, none of whose comparisons is over soon. */
static int set_to_work(void)
{
	struct load *load = load_start();

	if (!load || !load_works(load))
		return -EIO;
	return config_set(KNOB_DELAY, 200) ?: config_set(KNOB_REFUSED, 0);
}

/* Nothing is told of this one when it succeeds: there is nobody left. */
TEST_F(card, is_left_at_work)
{
	ASSERT_EQ(0, card_restore());
	ASSERT_EQ(0, load_kernel(0));
	ASSERT_EQ(0, set_to_work());
	ASSERT_EQ(0, card_defy());
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		LINUX_REBOOT_CMD_KEXEC, NULL);
	EXPECT_TRUE(false) TH_LOG("it is not left: %s", strerror(errno));
}

/*
 * Before a driver has seen it. In the reset that it did not mind, the card went on
 * writing until it was cut off, and that was before this kernel began.
 */
TEST_F(card, is_cut_off_by_kexec)
{
	__s64 uptime_ms = now_ns() / NSEC_PER_MSEC;
	__u32 strays = 0, strayed = 0, refused = ~0;
	const char *wrong;

	EXPECT_FALSE(card_masters_bus());
	ASSERT_EQ(0, config_get(KNOB_STRAYED, &strayed));
	ASSERT_EQ(0, config_get(KNOB_STRAYS, &strays));
	ASSERT_EQ(0, config_get(KNOB_REFUSED, &refused));
	printf("# figure: card: %u writes, the last one %u ms ago; this kernel began %lld ms ago\n",
	       strays, strayed, uptime_ms);
	EXPECT_LT(0, strays);
	EXPECT_LE(uptime_ms, strayed);
	EXPECT_EQ(0, refused);
	wrong = card_cut_off();
	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	EXPECT_EQ(0, card_calm());
}

TEST_F(card, works_in_the_next_kernel)
{
	struct client client;
	const char *wrong;

	ASSERT_TRUE(card_is_bound());
	ASSERT_EQ(0, client_open(&client));
	EXPECT_EQ(0, client_verify(&client));
	EXPECT_EQ(0, client_search(&client));
	client_close(&client);
	wrong = card_left_well(0);
	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
}

/* Nor of this one. */
TEST_F(card, crashes_at_work)
{
	ASSERT_EQ(0, load_kernel(KEXEC_FILE_ON_CRASH));
	ASSERT_EQ(0, set_to_work());
	EXPECT_EQ(0, write_file("/proc/sysrq-trigger", "c"));
	EXPECT_TRUE(false) TH_LOG("the kernel does not crash");
}

/*
 * What the other test looks at is what it takes for it: nobody has told this card, and
 * it would write into memory of the kernel that crashed, which nobody uses.
 */
TEST_F(card, is_not_cut_off_by_a_crash)
{
	__u32 strays = 0, later = 0;

	EXPECT_TRUE(card_masters_bus());
	ASSERT_EQ(0, card_defy());
	ASSERT_EQ(0, write_file(card_file("reset"), "1"));
	ASSERT_EQ(0, config_get(KNOB_STRAYS, &strays));
	sleep_ms(100);
	ASSERT_EQ(0, config_get(KNOB_STRAYS, &later));
	EXPECT_LT(strays, later);
	EXPECT_NE(NULL, card_cut_off());
	EXPECT_EQ(0, card_calm());
}

TEST_HARNESS_MAIN
