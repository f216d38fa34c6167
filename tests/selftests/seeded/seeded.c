// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bugs on purpose, one a load, each of which a debug kernel has to report: a
 * kernel that stays silent otherwise may only be deaf.
 */
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timer.h>

/* Not a power of two: the bytes behind it still are of its slab's object. */
#define SIZE	100

/* How long two threads get to race. */
#define RACE_MS	1000

/* What is leaked at once: a stale pointer on some stack may hide one of them. */
#define LEAKS	16

static char *bug = "";
module_param(bug, charp, 0);
MODULE_PARM_DESC(bug, "which bug to run into");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DEFINE_SPINLOCK(spin);
static DEFINE_RAW_SPINLOCK(raw_spin);
static u32 racing_data;
static u32 racing_full;

/* The compiler knows too much about memory and constants. */
static u8 *seeded_memory(void)
{
	u8 *memory = kzalloc(SIZE, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(memory);
	return memory;
}

static void seeded_use_after_free(void)
{
	u8 *memory = seeded_memory();

	kfree(memory);
	OPTIMIZER_HIDE_VAR(memory);
	READ_ONCE(*memory);
}

static void seeded_out_of_bounds(void)
{
	u8 *memory = seeded_memory();

	if (memory)
		WRITE_ONCE(memory[SIZE], 1);
	kfree(memory);
}

static void seeded_shift(void)
{
	unsigned int distance = 32;
	u32 value = 1;

	OPTIMIZER_HIDE_VAR(distance);
	OPTIMIZER_HIDE_VAR(value);
	value <<= distance;
	OPTIMIZER_HIDE_VAR(value);
}

static void seeded_index(void)
{
	static u32 numbers[4];
	unsigned int index = ARRAY_SIZE(numbers);
	u32 value;

	OPTIMIZER_HIDE_VAR(index);
	value = numbers[index];
	OPTIMIZER_HIDE_VAR(value);
}

static void seeded_lock_inversion(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void seeded_sleep_in_atomic(void)
{
	u8 *memory;

	spin_lock(&spin);
	memory = seeded_memory();
	spin_unlock(&spin);
	kfree(memory);
}

/* Under PREEMPT_RT, the inner one sleeps. */
static void seeded_lock_nesting(void)
{
	raw_spin_lock(&raw_spin);
	spin_lock(&spin);
	spin_unlock(&spin);
	raw_spin_unlock(&raw_spin);
}

static void seeded_timer_function(struct timer_list *timer)
{
}

static void seeded_active_timer(void)
{
	struct timer_list *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, seeded_timer_function, 0);
	mod_timer(timer, jiffies + HZ);
	kfree(timer);
}

static int seeded_counts(void *unused)
{
	while (!kthread_should_stop()) {
		racing_data++;
		cond_resched();
	}
	return 0;
}

/* Hands over what is plain by what is marked, and forgets that this is no order. */
static int seeded_gives(void *unused)
{
	while (!kthread_should_stop()) {
		if (!smp_load_acquire(&racing_full)) {
			racing_data++;
			WRITE_ONCE(racing_full, 1);
		}
		cond_resched();
	}
	return 0;
}

static int seeded_takes(void *unused)
{
	u32 sum = 0;

	while (!kthread_should_stop()) {
		if (smp_load_acquire(&racing_full)) {
			sum += racing_data;
			smp_store_release(&racing_full, 0);
		}
		cond_resched();
	}
	return sum;
}

static void seeded_threads(int (*one)(void *), int (*other)(void *))
{
	struct task_struct *threads[] = {
		kthread_run(one, NULL, "seeded/0"),
		kthread_run(other, NULL, "seeded/1"),
	};
	unsigned int i;

	msleep(RACE_MS);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		if (!IS_ERR(threads[i]))
			kthread_stop(threads[i]);
}

static void seeded_race(void)
{
	seeded_threads(seeded_counts, seeded_counts);
}

static void seeded_no_barrier(void)
{
	seeded_threads(seeded_gives, seeded_takes);
}

static void seeded_leak(void)
{
	unsigned int i;

	for (i = 0; i < LEAKS; i++)
		seeded_memory();
}

static const struct {
	const char *name;
	void (*run)(void);
} seeded_bugs[] = {
	{ "shift", seeded_shift },
	{ "lock-inversion", seeded_lock_inversion },
	{ "sleep-in-atomic", seeded_sleep_in_atomic },
	{ "index", seeded_index },
	{ "use-after-free", seeded_use_after_free },
	{ "out-of-bounds", seeded_out_of_bounds },
	{ "leak", seeded_leak },
	{ "lock-nesting", seeded_lock_nesting },
	{ "active-timer", seeded_active_timer },
	{ "race", seeded_race },
	{ "no-barrier", seeded_no_barrier },
};

static int __init seeded_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(seeded_bugs); i++) {
		if (!strcmp(bug, seeded_bugs[i].name)) {
			seeded_bugs[i].run();
			return 0;
		}
	}
	return -EINVAL;
}
module_init(seeded_init);

static void __exit seeded_exit(void)
{
}
module_exit(seeded_exit);

MODULE_DESCRIPTION("Bugs for a debug kernel to find");
MODULE_LICENSE("GPL");
