// SPDX-License-Identifier: MIT
#include "fake.h"

static struct fake *to_fake(struct core_board *core)
{
	return (struct fake *)((char *)core - offsetof(struct fake, core));
}

static enum core_access note(struct fake *fake, struct fake_access access)
{
	u64 from = access.on_card ? 0 : FAKE_SQ;
	u64 size = access.on_card ? FAKE_CARD_SIZE : FAKE_HOST_SIZE;

	fake->log[fake->accesses++ % FAKE_LOG] = access;
	if (fake->spoil_in && !--fake->spoil_in)
		return fake->spoil;
	if (access.address < from || access.address - from > size ||
	    access.size > size - (access.address - from))
		return CORE_REFUSED;
	return CORE_DONE;
}

static enum core_access load(struct core_board *core, u64 address, bool on_card, void *to,
			     u32 size)
{
	struct fake *fake = to_fake(core);
	enum core_access access = note(fake, (struct fake_access){ address, size, on_card, false });

	if (access == CORE_DONE)
		memcpy(to, on_card ? fake->card + address : fake_host(fake, address), size);
	return access;
}

static enum core_access store(struct core_board *core, u64 address, const void *from, u32 size)
{
	struct fake *fake = to_fake(core);
	enum core_access access = note(fake, (struct fake_access){ address, size, false, true });

	if (access == CORE_DONE)
		memcpy(fake_host(fake, address), from, size);
	return access;
}

static bool reaches(struct core_board *core, u64 address, u32 size)
{
	struct fake *fake = to_fake(core);

	fake->reached = (struct fake_access){ address, size, false, true };
	return !fake->unreachable;
}

static void compare(struct core_board *core, struct core_work *work, u32 dim,
		    struct limen_score *score)
{
	(void)core;
	*score = limen_score_vectors(work->probe, work->reference, dim);
}

static u16 scan(struct core_board *core, struct core_work *work, const struct limen_hw_sqe *sqe)
{
	struct fake *fake = to_fake(core);

	fake->scans++;
	core_rank_rows(work, sqe, fake->card + core_le64(sqe->scan.gallery), 0,
		       core_le32(sqe->scan.rows));
	core_rank_sort(&work->best);
	return fake->scan_status;
}

static void raise_event(struct core_board *core, u32 bits)
{
	struct fake *fake = to_fake(core);

	fake->interrupts += !!core_raise(core, bits);
	fake->raised |= bits;
	fake->events++;
	fake->accesses_then = fake->accesses;
}

static u64 now_ns(struct core_board *core)
{
	struct fake *fake = to_fake(core);

	return fake->now_ns += fake->tick_ns;
}

static struct core_ops ops = {
	.load = load,
	.store = store,
	.reaches = reaches,
	.compare = compare,
	.scan = scan,
	.raise = raise_event,
	.now_ns = now_ns,
};

struct fake *fake_open(void)
{
	static struct fake fake;

	memset(&fake, 0, sizeof(fake));
	fake.core.ops = &ops;
	fake.core.mem_size = FAKE_CARD_SIZE;
	fake.core.clock_khz = 1000000;
	fake.work.best.rows = fake.rows;
	core_reset_begin(&fake.core);
	core_reset_end(&fake.core);
	return &fake;
}

void fake_start(struct fake *fake, unsigned int ring, u32 size_log2)
{
	fake_write(fake, ring, LIMEN_HW_RING_SQ_LO, (u32)FAKE_SQ);
	fake_write(fake, ring, LIMEN_HW_RING_SQ_HI, (u32)(FAKE_SQ >> 32));
	fake_write(fake, ring, LIMEN_HW_RING_CQ_LO, (u32)FAKE_CQ);
	fake_write(fake, ring, LIMEN_HW_RING_CQ_HI, (u32)(FAKE_CQ >> 32));
	fake_write(fake, ring, LIMEN_HW_RING_SIZE, size_log2);
	fake_write(fake, ring, LIMEN_HW_RING_ENABLE, 1);
	core_write(&fake->core, LIMEN_HW_REG_IRQ_ENABLE, 0xffffffff);
	core_write(&fake->core, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_ENABLE);
}

void fake_write(struct fake *fake, unsigned int ring, u32 offset, u32 value)
{
	core_write(&fake->core, LIMEN_HW_RING_BLOCK(ring) + offset, value);
}

u32 fake_read(struct fake *fake, unsigned int ring, u32 offset)
{
	return core_read(&fake->core, LIMEN_HW_RING_BLOCK(ring) + offset);
}

static u32 slot(const struct fake *fake, unsigned int ring, u32 number)
{
	return number % (1u << fake->core.rings[ring].size_log2);
}

void fake_submit(struct fake *fake, unsigned int ring, u32 number, u16 cookie)
{
	struct limen_hw_sqe sqe = { .cookie = core_to_le16(cookie) };

	memcpy(fake_host(fake, FAKE_SQ + slot(fake, ring, number) * sizeof(sqe)), &sqe,
	       sizeof(sqe));
	fake_write(fake, ring, LIMEN_HW_RING_SQ_TAIL, number + 1);
}

const struct limen_hw_cqe *fake_cqe(const struct fake *fake, unsigned int ring, u32 number)
{
	const struct limen_hw_cqe *queue =
		(const struct limen_hw_cqe *)(fake->host + (FAKE_CQ - FAKE_SQ));

	return &queue[slot(fake, ring, number)];
}

void *fake_host(struct fake *fake, u64 address)
{
	return fake->host + (address - FAKE_SQ);
}

const struct fake_access *fake_last(const struct fake *fake)
{
	return &fake->log[(fake->accesses - 1) % FAKE_LOG];
}

void fake_fill(void *to, size_t size, u32 seed)
{
	u8 *bytes = to;

	while (size--) {
		seed = seed * 1664525 + 1013904223;
		*bytes++ = (u8)(seed >> 24);
	}
}

bool fake_zero(const void *at, size_t size)
{
	const u8 *bytes = at;

	while (size && !*bytes) {
		bytes++;
		size--;
	}
	return !size;
}
