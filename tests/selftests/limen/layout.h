/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The user API's layout, byte by byte. Compiled for 64 and, where the compiler
 * can, for 32 bits: both must agree, and a released field never moves.
 */
#ifndef LIMEN_SELFTEST_LAYOUT_H
#define LIMEN_SELFTEST_LAYOUT_H

#include <stddef.h>

#include <drm/limen_accel.h>

#define AT(type, field, offset) \
	_Static_assert(offsetof(struct drm_limen_##type, field) == (offset), \
		       #type "." #field " moved")
#define SIZE(type, size) \
	_Static_assert(sizeof(struct drm_limen_##type) == (size), \
		       #type " has another size")
#define NUMBER(name, number) \
	_Static_assert(DRM_IOCTL_LIMEN_##name == (number), \
		       #name " has another number")

SIZE(query, 16);
AT(query, type, 0);
AT(query, size, 4);
AT(query, pointer, 8);

SIZE(device_info, 128);
AT(device_info, hw_version, 0);
AT(device_info, hw_features, 4);
AT(device_info, dim_max, 8);
AT(device_info, top_k_max, 12);
AT(device_info, batch_max, 16);
AT(device_info, express_depth, 20);
AT(device_info, scan_depth, 24);
AT(device_info, watchdog_ms, 28);
AT(device_info, resets, 32);
AT(device_info, chunk_ns, 36);
AT(device_info, chunk_bytes, 40);
AT(device_info, express_limit, 44);
AT(device_info, scan_limit, 48);
AT(device_info, clock_khz, 52);
AT(device_info, board, 56);
AT(device_info, firmware_version, 88);
AT(device_info, firmware_security, 92);
AT(device_info, firmware_hash, 96);

SIZE(memory_info, 48);
AT(memory_info, card_size, 0);
AT(memory_info, card_free, 8);
AT(memory_info, host_limit, 16);
AT(memory_info, host_used, 24);
AT(memory_info, card_limit, 32);
AT(memory_info, card_used, 40);

SIZE(stats, 360);
AT(stats, express_busy_ns, 0);
AT(stats, scan_busy_ns, 8);
AT(stats, express_cycles, 16);
AT(stats, scan_cycles, 24);
AT(stats, stall_ns, 32);
AT(stats, comparisons, 40);
AT(stats, chunks, 48);
AT(stats, rows, 56);
AT(stats, doorbells, 64);
AT(stats, interrupts, 72);
AT(stats, express_wait_max_ns, 80);
AT(stats, latencies, 88);
AT(stats, express_depth, 344);
AT(stats, scan_depth, 348);
AT(stats, files, 352);
AT(stats, pad, 356);

SIZE(bo_create, 16);
AT(bo_create, size, 0);
AT(bo_create, flags, 8);
AT(bo_create, handle, 12);

SIZE(bo_mmap_offset, 16);
AT(bo_mmap_offset, handle, 0);
AT(bo_mmap_offset, pad, 4);
AT(bo_mmap_offset, offset, 8);

SIZE(gallery_create, 40);
AT(gallery_create, handle, 0);
AT(gallery_create, format, 4);
AT(gallery_create, offset, 8);
AT(gallery_create, dim, 16);
AT(gallery_create, stride, 20);
AT(gallery_create, rows, 24);
AT(gallery_create, flags, 28);
AT(gallery_create, gallery, 32);
AT(gallery_create, pad, 36);

SIZE(gallery_destroy, 8);
AT(gallery_destroy, gallery, 0);
AT(gallery_destroy, pad, 4);

SIZE(queue_create, 16);
AT(queue_create, type, 0);
AT(queue_create, flags, 4);
AT(queue_create, queue, 8);
AT(queue_create, pad, 12);

SIZE(queue_destroy, 8);
AT(queue_destroy, queue, 0);
AT(queue_destroy, pad, 4);

SIZE(sync, 16);
AT(sync, handle, 0);
AT(sync, flags, 4);
AT(sync, point, 8);

SIZE(compare, 48);
AT(compare, probe_handle, 0);
AT(compare, reference_handle, 4);
AT(compare, probe_offset, 8);
AT(compare, reference_offset, 16);
AT(compare, result_handle, 24);
AT(compare, dim, 28);
AT(compare, result_offset, 32);
AT(compare, flags, 40);
AT(compare, result_size, 44);

SIZE(compare_result, 32);
AT(compare_result, error, 0);
AT(compare_result, raw, 4);
AT(compare_result, similarity, 8);
AT(compare_result, pad, 12);
AT(compare_result, device_ns, 16);
AT(compare_result, reserved, 24);

SIZE(scan, 56);
AT(scan, gallery, 0);
AT(scan, probe_handle, 4);
AT(scan, probe_offset, 8);
AT(scan, first_row, 16);
AT(scan, row_count, 20);
AT(scan, top_k, 24);
AT(scan, min_similarity, 28);
AT(scan, result_offset, 32);
AT(scan, result_handle, 40);
AT(scan, flags, 44);
AT(scan, result_size, 48);
AT(scan, row_size, 52);

SIZE(scan_row, 16);
AT(scan_row, row, 0);
AT(scan_row, raw, 4);
AT(scan_row, similarity, 8);
AT(scan_row, pad, 12);

SIZE(scan_result, 16);
AT(scan_result, error, 0);
AT(scan_result, count, 4);
AT(scan_result, device_ns, 8);
AT(scan_result, rows, 16);

SIZE(submit, 72);
AT(submit, queue, 0);
AT(submit, flags, 4);
AT(submit, descs, 8);
AT(submit, count, 16);
AT(submit, desc_size, 20);
AT(submit, in_syncs, 24);
AT(submit, out_syncs, 32);
AT(submit, in_sync_count, 40);
AT(submit, out_sync_count, 44);
AT(submit, sync_size, 48);
AT(submit, pad, 52);
AT(submit, timeout_ns, 56);
AT(submit, ticket, 64);

NUMBER(QUERY, 0xc0106440);
NUMBER(BO_CREATE, 0xc0106441);
NUMBER(BO_MMAP_OFFSET, 0xc0106442);
NUMBER(GALLERY_CREATE, 0xc0286443);
NUMBER(GALLERY_DESTROY, 0x40086444);
NUMBER(QUEUE_CREATE, 0xc0106445);
NUMBER(QUEUE_DESTROY, 0x40086446);
NUMBER(SUBMIT, 0xc0486447);

#undef AT
#undef SIZE
#undef NUMBER

#endif /* LIMEN_SELFTEST_LAYOUT_H */
