// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bugs on purpose, one a load, each of which a debug kernel has to report: a
 * kernel that stays silent otherwise may only be deaf.
 */
#include <linux/compiler.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

/* Not a power of two: the bytes behind it still are of its slab's object. */
#define SIZE	100

/* What is leaked at once: a stale pointer on some stack may hide one of them. */
#define LEAKS	16

static char *bug = "";
module_param(bug, charp, 0);
MODULE_PARM_DESC(bug, "which bug to run into");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DEFINE_SPINLOCK(spin);

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
