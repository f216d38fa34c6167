// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board's camera, a V4L2 capture device.
 *
 * Empty buffers go to the board on the CAMERA ring and come back filled, one
 * frame each. The ring runs only while the queue streams, so that the board
 * holds no address of a buffer that its user could free. Nobody is handed a
 * buffer whose completion does not add up.
 *
 * The board is kept awake while the queue streams. Before, it may sleep, so what
 * is set is only noted, and the lamp is lit no longer than the camera streams.
 *
 * Pictures of travellers live in these buffers: they cannot be exported, and
 * they are wiped before their memory goes back to the system.
 */
#include <linux/cleanup.h>
#include <linux/dev_printk.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <media/v4l2-common.h>
#include <media/v4l2-ctrls.h>
#include <media/v4l2-device.h>
#include <media/v4l2-event.h>
#include <media/v4l2-fh.h>
#include <media/v4l2-ioctl.h>
#include <media/videobuf2-dma-contig.h>
#include <media/videobuf2-v4l2.h>

#include "board.h"
#include "camera.h"
#include "compat.h"
#include "device.h"
#include "pm.h"

#define LIMEN_CAMERA_NAME	"Limen camera"
/* What a buffer may have, with room to spare: it is one piece of memory. */
#define LIMEN_CAMERA_BUFFER_MAX	SZ_2M
/* Entries of the ring, as a power of two: no fewer than a queue has buffers. */
#define LIMEN_CAMERA_RING_LOG2	5

static_assert(1 << LIMEN_CAMERA_RING_LOG2 >= VB2_MAX_FRAME);

static_assert(LIMEN_HW_CAM_BYTES_MAX <= LIMEN_CAMERA_BUFFER_MAX);

/* Frames a second of a board that does not tell its modes. */
static const unsigned int limen_camera_rates[] = { 30, 15, 10, 5 };

/**
 * struct limen_camera_mode - what the sensor can do
 * @size: of a frame
 * @interval: microseconds a frame
 */
struct limen_camera_mode {
	struct v4l2_frmsize_discrete size;
	u32 interval;
};

/**
 * struct limen_camera_buffer - a buffer
 * @vbuf: what vb2 knows of it
 * @link: in &limen_camera.waiting
 */
struct limen_camera_buffer {
	struct vb2_v4l2_buffer vbuf;
	struct list_head link;
};

/**
 * struct limen_camera - the camera of one board
 */
struct limen_camera {
	/**
	 * @limen: the board's device; not touched once the node is unregistered
	 */
	struct limen_device *limen;
	/** @v4l2: counts who still holds the camera; the last one frees it */
	struct v4l2_device v4l2;
	/** @video: the capture node */
	struct video_device video;
	/** @queue: its buffers */
	struct vb2_queue queue;
	/** @controls: exposure and lamp */
	struct v4l2_ctrl_handler controls;
	/** @modes: what the sensor can do */
	struct limen_camera_mode modes[LIMEN_HW_CAM_MODES_MAX];
	/** @mode_count: number of @modes */
	unsigned int mode_count;
	/** @sizes: of @modes, each once */
	struct v4l2_frmsize_discrete sizes[LIMEN_HW_CAM_MODES_MAX];
	/** @size_count: number of @sizes */
	unsigned int size_count;
	/** @lock: serialises ioctls and the queue; protects @size and @interval */
	struct mutex lock;
	/**
	 * @size: in force, of @sizes. Constant while there are buffers, so that
	 * a completion may look at it.
	 */
	const struct v4l2_frmsize_discrete *size;
	/** @interval: in force, of a mode of that size */
	u32 interval;
	/**
	 * @streaming: the board is meant to stream; this and what follows, and
	 * the camera's registers, are protected by the lock of the CAMERA ring
	 */
	bool streaming;
	/** @lamp: the lamp is meant to be on */
	bool lamp;
	/** @exposure: that is meant, units of 100 microseconds */
	u32 exposure;
	/** @frame: lowest number that the next frame may have */
	u32 frame;
	/** @waiting: buffers to post when streaming starts */
	struct list_head waiting;
};

static struct limen_camera_buffer *to_limen_buffer(struct vb2_buffer *vb)
{
	return container_of(to_vb2_v4l2_buffer(vb), struct limen_camera_buffer,
			    vbuf);
}

static struct limen_ring *limen_camera_ring(struct limen_camera *camera)
{
	return &camera->limen->rings[LIMEN_HW_RING_CAMERA];
}

static u32 limen_camera_bytes(const struct v4l2_frmsize_discrete *size)
{
	return size->width * size->height * LIMEN_HW_CAM_BYTES_PER_PIXEL;
}

static void limen_camera_write_controls(struct limen_camera *camera)
{
	u32 value = LIMEN_HW_CAM_STREAM;

	lockdep_assert_held(&limen_camera_ring(camera)->lock);

	if (camera->lamp)
		value |= LIMEN_HW_CAM_LAMP;
	limen_write(&camera->limen->host, LIMEN_HW_REG_CAM_EXPOSURE,
		    camera->exposure);
	limen_write(&camera->limen->host, LIMEN_HW_REG_CAM_CONTROL, value);
}

/* What comes back from the board */

static void limen_camera_done(struct limen_camera_buffer *buffer,
			      enum vb2_buffer_state state)
{
	if (state != VB2_BUF_STATE_DONE)
		vb2_set_plane_payload(&buffer->vbuf.vb2_buf, 0, 0);
	vb2_buffer_done(&buffer->vbuf.vb2_buf, state);
}

static int limen_camera_complete(struct limen_ring *ring, void *data,
				 const struct limen_answer *answer)
{
	struct limen_camera *camera = limen_of_ring(ring)->camera;
	struct limen_camera_buffer *buffer = data;
	u32 frame = answer->raw;

	if (answer->status != LIMEN_HW_OK) {
		dev_warn_ratelimited(ring->host->dev,
				     "camera: lost a frame, status %u\n",
				     answer->status);
		limen_camera_done(buffer, VB2_BUF_STATE_ERROR);
		return 0;
	}
	/* A short frame would show what was in the buffer before. */
	if (answer->count != limen_camera_bytes(camera->size) ||
	    (s32)(frame - camera->frame) < 0)
		return -EPROTO;

	camera->frame = frame + 1;
	buffer->vbuf.sequence = frame;
	buffer->vbuf.vb2_buf.timestamp = ktime_get_ns();
	vb2_set_plane_payload(&buffer->vbuf.vb2_buf, 0, answer->count);
	limen_camera_done(buffer, VB2_BUF_STATE_DONE);
	return 0;
}

/* The board stopped, and not at our asking: user space must start anew. */
static void limen_camera_fail(struct limen_camera *camera)
{
	camera->streaming = false;
	vb2_queue_error(&camera->queue);
}

static void limen_camera_abort(struct limen_ring *ring, void *data, int error)
{
	limen_camera_done(data, VB2_BUF_STATE_ERROR);
}

/* Also when user space holds all buffers, and none is aborted. */
static void limen_camera_stopped(struct limen_ring *ring)
{
	struct limen_camera *camera = limen_of_ring(ring)->camera;

	if (camera && camera->streaming)
		limen_camera_fail(camera);
}

static const struct limen_ring_ops limen_camera_ring_ops = {
	.complete = limen_camera_complete,
	.abort = limen_camera_abort,
	.stopped = limen_camera_stopped,
};

/* Buffers */

static int limen_camera_queue_setup(struct vb2_queue *queue,
				    unsigned int *buffers,
				    unsigned int *planes, unsigned int sizes[],
				    struct device *alloc_devs[])
{
	struct limen_camera *camera = vb2_get_drv_priv(queue);
	u32 bytes = limen_camera_bytes(camera->size);

	if (*planes)
		return *planes == 1 && sizes[0] >= bytes &&
		       sizes[0] <= LIMEN_CAMERA_BUFFER_MAX ? 0 : -EINVAL;
	*planes = 1;
	sizes[0] = bytes;
	return 0;
}

static int limen_camera_buf_prepare(struct vb2_buffer *vb)
{
	struct limen_camera *camera = vb2_get_drv_priv(vb->vb2_queue);

	if (vb2_plane_size(vb, 0) < limen_camera_bytes(camera->size))
		return -EINVAL;
	to_vb2_v4l2_buffer(vb)->field = V4L2_FIELD_NONE;
	return 0;
}

/*
 * The allocator zeroes what it hands out, so a wipe at the end is enough to
 * keep a picture from the next user of the memory.
 */
static void limen_camera_buf_cleanup(struct vb2_buffer *vb)
{
	memzero_explicit(vb2_plane_vaddr(vb, 0), vb2_plane_size(vb, 0));
}

static void limen_camera_post(struct limen_camera *camera,
			      struct limen_camera_buffer *buffer)
{
	struct vb2_buffer *vb = &buffer->vbuf.vb2_buf;
	dma_addr_t address = vb2_dma_contig_plane_dma_addr(vb, 0);
	struct limen_hw_sqe sqe = {
		.opcode = LIMEN_HW_OP_CAPTURE,
		.capture.buffer = cpu_to_le64(address),
		.capture.size = cpu_to_le32(vb2_plane_size(vb, 0)),
	};

	if (!limen_ring_push(limen_camera_ring(camera), &sqe, buffer)) {
		limen_ring_kick(limen_camera_ring(camera));
	} else {
		/* There is room for every buffer: the ring has been stopped. */
		limen_camera_fail(camera);
		limen_camera_done(buffer, VB2_BUF_STATE_ERROR);
	}
}

static void limen_camera_buf_queue(struct vb2_buffer *vb)
{
	struct limen_camera *camera = vb2_get_drv_priv(vb->vb2_queue);
	struct limen_ring *ring = limen_camera_ring(camera);
	struct limen_camera_buffer *buffer = to_limen_buffer(vb);

	guard(spinlock_irqsave)(&ring->lock);
	if (camera->streaming)
		limen_camera_post(camera, buffer);
	else
		list_add_tail(&buffer->link, &camera->waiting);
}

/* Set everything up, post what waits, and let the board stream. */
static void limen_camera_launch(struct limen_camera *camera)
{
	struct limen_camera_buffer *buffer, *next;
	struct limen_host *host = &camera->limen->host;

	limen_write(host, LIMEN_HW_REG_CAM_SIZE,
		    camera->size->width | camera->size->height << 16);
	limen_write(host, LIMEN_HW_REG_CAM_INTERVAL, camera->interval);

	camera->frame = 0;
	camera->streaming = true;
	list_for_each_entry_safe(buffer, next, &camera->waiting, link) {
		list_del(&buffer->link);
		limen_camera_post(camera, buffer);
	}
	limen_camera_write_controls(camera);
}

static void limen_camera_return_waiting(struct limen_camera *camera,
					enum vb2_buffer_state state)
{
	struct limen_ring *ring = limen_camera_ring(camera);
	struct limen_camera_buffer *buffer, *next;

	guard(spinlock_irqsave)(&ring->lock);
	list_for_each_entry_safe(buffer, next, &camera->waiting, link) {
		list_del(&buffer->link);
		limen_camera_done(buffer, state);
	}
}

static int limen_camera_start_streaming(struct vb2_queue *queue,
					unsigned int count)
{
	struct limen_camera *camera = vb2_get_drv_priv(queue);
	struct limen_ring *ring = limen_camera_ring(camera);
	int ret;

	ret = limen_pm_get(camera->limen);
	if (ret)
		goto return_waiting;
	ret = limen_ring_start(ring);
	if (!ret) {
		/*
		 * A reset first stops the ring, then forgets the registers. So
		 * while the ring runs and is locked, what is written stays.
		 */
		guard(spinlock_irqsave)(&ring->lock);
		ret = limen_ring_room(ring, 1);
		if (!ret)
			limen_camera_launch(camera);
	}
	if (!ret)
		return 0;
	limen_pm_put(camera->limen);
return_waiting:
	limen_camera_return_waiting(camera, VB2_BUF_STATE_QUEUED);
	return ret;
}

static void limen_camera_stop_streaming(struct vb2_queue *queue)
{
	struct limen_camera *camera = vb2_get_drv_priv(queue);
	struct limen_ring *ring = limen_camera_ring(camera);

	scoped_guard(spinlock_irqsave, &ring->lock) {
		/* Else the ring has been stopped, and the board is not ours. */
		if (camera->streaming)
			limen_write(&camera->limen->host,
				    LIMEN_HW_REG_CAM_CONTROL, 0);
		camera->streaming = false;
	}

	/* What the board still held comes back through limen_camera_abort(). */
	limen_ring_stop(ring);
	limen_camera_return_waiting(camera, VB2_BUF_STATE_ERROR);
	limen_pm_put(camera->limen);
}

static const struct vb2_ops limen_camera_queue_ops = {
	.queue_setup = limen_camera_queue_setup,
	LIMEN_VB2_WAIT_OPS
	.buf_prepare = limen_camera_buf_prepare,
	.buf_queue = limen_camera_buf_queue,
	.buf_cleanup = limen_camera_buf_cleanup,
	.start_streaming = limen_camera_start_streaming,
	.stop_streaming = limen_camera_stop_streaming,
};

/* Formats */

static int limen_camera_querycap(struct file *file, void *fh,
				 struct v4l2_capability *cap)
{
	strscpy(cap->driver, "limen", sizeof(cap->driver));
	strscpy(cap->card, LIMEN_CAMERA_NAME, sizeof(cap->card));
	return 0;
}

static int limen_camera_enum_fmt(struct file *file, void *fh,
				 struct v4l2_fmtdesc *desc)
{
	if (desc->index)
		return -EINVAL;
	desc->pixelformat = V4L2_PIX_FMT_BGR24;
	return 0;
}

static void limen_camera_fill(const struct v4l2_frmsize_discrete *size,
			      struct v4l2_pix_format *pix)
{
	memset(pix, 0, sizeof(*pix));
	pix->width = size->width;
	pix->height = size->height;
	pix->pixelformat = V4L2_PIX_FMT_BGR24;
	pix->field = V4L2_FIELD_NONE;
	pix->bytesperline = size->width * LIMEN_HW_CAM_BYTES_PER_PIXEL;
	pix->sizeimage = limen_camera_bytes(size);
	pix->colorspace = V4L2_COLORSPACE_SRGB;
}

static const struct v4l2_frmsize_discrete *
limen_camera_nearest(const struct limen_camera *camera,
		     const struct v4l2_pix_format *pix)
{
	return v4l2_find_nearest_size(camera->sizes, camera->size_count, width,
				      height, pix->width, pix->height);
}

/* The mode of a size with that number among its modes, or NULL. */
static const struct limen_camera_mode *
limen_camera_mode(const struct limen_camera *camera, u32 width, u32 height,
		  unsigned int number)
{
	unsigned int i;

	for (i = 0; i < camera->mode_count; i++)
		if (camera->modes[i].size.width == width &&
		    camera->modes[i].size.height == height && !number--)
			return &camera->modes[i];
	return NULL;
}

/* What there is a round number of in a second is told by that. */
static struct v4l2_fract limen_camera_fract(u32 interval)
{
	u32 rate = DIV_ROUND_CLOSEST(USEC_PER_SEC, interval);

	if (USEC_PER_SEC / rate == interval)
		return (struct v4l2_fract) { 1, rate };
	return (struct v4l2_fract) { interval, USEC_PER_SEC };
}

/*
 * Of the size in force, the longest interval that is no longer than asked; the shortest
 * one for nonsense, and if there is none.
 */
static u32 limen_camera_nearest_interval(const struct limen_camera *camera,
					 struct v4l2_fract asked)
{
	const struct limen_camera_mode *mode;
	u32 shortest = U32_MAX, longest = 0;
	unsigned int i;

	for (i = 0; (mode = limen_camera_mode(camera, camera->size->width,
					      camera->size->height, i)); i++) {
		shortest = min(shortest, mode->interval);
		if ((u64)mode->interval * asked.denominator <=
		    (u64)asked.numerator * USEC_PER_SEC)
			longest = max(longest, mode->interval);
	}
	return asked.denominator && longest ? longest : shortest;
}

static int limen_camera_g_fmt(struct file *file, void *fh,
			      struct v4l2_format *format)
{
	struct limen_camera *camera = video_drvdata(file);

	limen_camera_fill(camera->size, &format->fmt.pix);
	return 0;
}

static int limen_camera_try_fmt(struct file *file, void *fh,
				struct v4l2_format *format)
{
	struct limen_camera *camera = video_drvdata(file);

	limen_camera_fill(limen_camera_nearest(camera, &format->fmt.pix),
			  &format->fmt.pix);
	return 0;
}

static int limen_camera_s_fmt(struct file *file, void *fh,
			      struct v4l2_format *format)
{
	struct limen_camera *camera = video_drvdata(file);
	struct v4l2_fract before = limen_camera_fract(camera->interval);

	if (vb2_is_busy(&camera->queue))
		return -EBUSY;
	camera->size = limen_camera_nearest(camera, &format->fmt.pix);
	camera->interval = limen_camera_nearest_interval(camera, before);
	limen_camera_fill(camera->size, &format->fmt.pix);
	return 0;
}

static int limen_camera_enum_framesizes(struct file *file, void *fh,
					struct v4l2_frmsizeenum *size)
{
	struct limen_camera *camera = video_drvdata(file);

	if (size->index >= camera->size_count ||
	    size->pixel_format != V4L2_PIX_FMT_BGR24)
		return -EINVAL;
	size->type = V4L2_FRMSIZE_TYPE_DISCRETE;
	size->discrete = camera->sizes[size->index];
	return 0;
}

static int limen_camera_enum_frameintervals(struct file *file, void *fh,
					    struct v4l2_frmivalenum *interval)
{
	const struct limen_camera_mode *mode =
		limen_camera_mode(video_drvdata(file), interval->width,
				  interval->height, interval->index);

	if (!mode || interval->pixel_format != V4L2_PIX_FMT_BGR24)
		return -EINVAL;
	interval->type = V4L2_FRMIVAL_TYPE_DISCRETE;
	interval->discrete = limen_camera_fract(mode->interval);
	return 0;
}

static int limen_camera_g_parm(struct file *file, void *fh,
			       struct v4l2_streamparm *parm)
{
	struct limen_camera *camera = video_drvdata(file);
	struct v4l2_captureparm *capture = &parm->parm.capture;

	if (parm->type != V4L2_BUF_TYPE_VIDEO_CAPTURE)
		return -EINVAL;
	memset(capture, 0, sizeof(*capture));
	capture->capability = V4L2_CAP_TIMEPERFRAME;
	capture->timeperframe = limen_camera_fract(camera->interval);
	return 0;
}

static int limen_camera_s_parm(struct file *file, void *fh,
			       struct v4l2_streamparm *parm)
{
	struct limen_camera *camera = video_drvdata(file);

	if (parm->type != V4L2_BUF_TYPE_VIDEO_CAPTURE)
		return -EINVAL;
	/* The sensor latches it when streaming starts. */
	if (vb2_is_streaming(&camera->queue))
		return -EBUSY;
	camera->interval =
		limen_camera_nearest_interval(camera,
					      parm->parm.capture.timeperframe);
	return limen_camera_g_parm(file, fh, parm);
}

static int limen_camera_enum_input(struct file *file, void *fh,
				   struct v4l2_input *input)
{
	if (input->index)
		return -EINVAL;
	input->type = V4L2_INPUT_TYPE_CAMERA;
	strscpy(input->name, "Booth", sizeof(input->name));
	return 0;
}

static int limen_camera_g_input(struct file *file, void *fh,
				unsigned int *index)
{
	*index = 0;
	return 0;
}

static int limen_camera_s_input(struct file *file, void *fh, unsigned int index)
{
	return index ? -EINVAL : 0;
}

/*
 * v4l2-compliance 1.22 takes the number of buffers there may be for a reserved
 * field that is not zero. Not to tell it means VIDEO_MAX_FRAME, which is right.
 */
static int limen_camera_create_bufs(struct file *file, void *fh,
				    struct v4l2_create_buffers *create)
{
	int ret = vb2_ioctl_create_bufs(file, fh, create);

	create->capabilities &= ~V4L2_BUF_CAP_SUPPORTS_MAX_NUM_BUFFERS;
	create->max_num_buffers = 0;
	return ret;
}

static const struct v4l2_ioctl_ops limen_camera_ioctl_ops = {
	.vidioc_querycap = limen_camera_querycap,
	.vidioc_enum_fmt_vid_cap = limen_camera_enum_fmt,
	.vidioc_g_fmt_vid_cap = limen_camera_g_fmt,
	.vidioc_try_fmt_vid_cap = limen_camera_try_fmt,
	.vidioc_s_fmt_vid_cap = limen_camera_s_fmt,
	.vidioc_enum_framesizes = limen_camera_enum_framesizes,
	.vidioc_enum_frameintervals = limen_camera_enum_frameintervals,
	.vidioc_g_parm = limen_camera_g_parm,
	.vidioc_s_parm = limen_camera_s_parm,
	.vidioc_enum_input = limen_camera_enum_input,
	.vidioc_g_input = limen_camera_g_input,
	.vidioc_s_input = limen_camera_s_input,
	.vidioc_reqbufs = vb2_ioctl_reqbufs,
	.vidioc_create_bufs = limen_camera_create_bufs,
	.vidioc_prepare_buf = vb2_ioctl_prepare_buf,
	.vidioc_querybuf = vb2_ioctl_querybuf,
	.vidioc_qbuf = vb2_ioctl_qbuf,
	.vidioc_dqbuf = vb2_ioctl_dqbuf,
	.vidioc_streamon = vb2_ioctl_streamon,
	.vidioc_streamoff = vb2_ioctl_streamoff,
	.vidioc_subscribe_event = v4l2_ctrl_subscribe_event,
	.vidioc_unsubscribe_event = v4l2_event_unsubscribe,
};

/*
 * vb2 lets whoever opens the node map the buffers of whoever streams. Pictures
 * of travellers are for one process alone. The lock is safe to take here, with
 * that of the address space held: nothing touches user memory under it.
 */
static int limen_camera_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct limen_camera *camera = video_drvdata(file);

	scoped_cond_guard(mutex_intr, return -ERESTARTSYS, &camera->lock)
		return vb2_queue_is_busy(&camera->queue, file) ?
			-EBUSY : vb2_fop_mmap(file, vma);
}

static const struct v4l2_file_operations limen_camera_fops = {
	.owner = THIS_MODULE,
	.open = v4l2_fh_open,
	.release = vb2_fop_release,
	.poll = vb2_fop_poll,
	.unlocked_ioctl = video_ioctl2,
	.mmap = limen_camera_mmap,
};

/* Controls */

static int limen_camera_s_ctrl(struct v4l2_ctrl *ctrl)
{
	struct limen_camera *camera =
		container_of(ctrl->handler, struct limen_camera, controls);
	struct limen_ring *ring = limen_camera_ring(camera);

	/* There are two controls: exposure and lamp. */
	guard(spinlock_irqsave)(&ring->lock);
	if (ctrl->id == V4L2_CID_EXPOSURE_ABSOLUTE)
		camera->exposure = ctrl->val;
	else
		camera->lamp = ctrl->val;
	if (camera->streaming)
		limen_camera_write_controls(camera);
	return 0;
}

static const struct v4l2_ctrl_ops limen_camera_ctrl_ops = {
	.s_ctrl = limen_camera_s_ctrl,
};

/* Life */

static void limen_camera_release(struct v4l2_device *v4l2)
{
	struct limen_camera *camera =
		container_of(v4l2, struct limen_camera, v4l2);

	v4l2_ctrl_handler_free(&camera->controls);
	mutex_destroy(&camera->lock);
	kfree(camera);
}

static int limen_camera_init_controls(struct limen_camera *camera)
{
	struct v4l2_ctrl_handler *controls = &camera->controls;

	v4l2_ctrl_handler_init(controls, 2);
	v4l2_ctrl_new_std(controls, &limen_camera_ctrl_ops,
			  V4L2_CID_EXPOSURE_ABSOLUTE, LIMEN_HW_CAM_EXPOSURE_MIN,
			  LIMEN_HW_CAM_EXPOSURE_MAX, 1,
			  LIMEN_HW_CAM_EXPOSURE_NOMINAL);
	v4l2_ctrl_new_std(controls, &limen_camera_ctrl_ops,
			  V4L2_CID_ILLUMINATORS_1, 0, 1, 1, 1);
	return controls->error ?: v4l2_ctrl_handler_setup(controls);
}

static int limen_camera_init_queue(struct limen_camera *camera)
{
	struct vb2_queue *queue = &camera->queue;

	queue->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	queue->io_modes = VB2_MMAP;
	queue->dev = camera->limen->drm.dev;
	queue->lock = &camera->lock;
	queue->ops = &limen_camera_queue_ops;
	queue->mem_ops = &vb2_dma_contig_memops;
	queue->drv_priv = camera;
	queue->buf_struct_size = sizeof(struct limen_camera_buffer);
	/* That there may be no such piece is for user space to deal with. */
	queue->gfp_flags = __GFP_NOWARN;
	queue->timestamp_flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
	return vb2_queue_init(queue);
}

static int limen_camera_register_node(struct limen_camera *camera)
{
	struct video_device *video = &camera->video;

	strscpy(video->name, LIMEN_CAMERA_NAME, sizeof(video->name));
	video->v4l2_dev = &camera->v4l2;
	video->fops = &limen_camera_fops;
	video->ioctl_ops = &limen_camera_ioctl_ops;
	video->release = video_device_release_empty;
	video->lock = &camera->lock;
	video->queue = &camera->queue;
	video->ctrl_handler = &camera->controls;
	video->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
	video_set_drvdata(video, camera);
	return video_register_device(video, VFL_TYPE_VIDEO, -1);
}

/* As the interface has it that boards do which do not tell. */
static void limen_camera_usual_mode(unsigned int number,
				    struct limen_camera_mode *mode)
{
	unsigned int bin = 1 + number / ARRAY_SIZE(limen_camera_rates);

	number %= ARRAY_SIZE(limen_camera_rates);
	mode->size.width = LIMEN_HW_CAM_WIDTH / bin;
	mode->size.height = LIMEN_HW_CAM_HEIGHT / bin;
	mode->interval = USEC_PER_SEC / limen_camera_rates[number];
}

/* Whether it is one that the driver can do with. */
static bool limen_camera_read_mode(struct limen_host *host, unsigned int number,
				   struct limen_camera_mode *mode)
{
	u32 reg = LIMEN_HW_REG_CAM_MODE(number);
	u32 size = limen_read(host, reg + LIMEN_HW_CAM_MODE_SIZE);

	mode->size.width = size & 0xffff;
	mode->size.height = size >> 16;
	mode->interval = limen_read(host, reg + LIMEN_HW_CAM_MODE_INTERVAL);
	return limen_read(host, reg + LIMEN_HW_CAM_MODE_FORMAT) ==
	       LIMEN_HW_CAM_BGR &&
	       in_range(mode->size.width, LIMEN_HW_CAM_SIDE_MIN,
			LIMEN_HW_CAM_SIDE_MAX - LIMEN_HW_CAM_SIDE_MIN + 1) &&
	       in_range(mode->size.height, LIMEN_HW_CAM_SIDE_MIN,
			LIMEN_HW_CAM_SIDE_MAX - LIMEN_HW_CAM_SIDE_MIN + 1) &&
	       limen_camera_bytes(&mode->size) <= LIMEN_HW_CAM_BYTES_MAX &&
	       mode->interval >= LIMEN_HW_CAM_INTERVAL_MIN &&
	       mode->interval <= LIMEN_HW_CAM_INTERVAL_MAX;
}

/* Finds out what the sensor can do; false, and a line in the log, if that cannot be. */
static bool limen_camera_find_modes(struct limen_camera *camera)
{
	struct limen_device *limen = camera->limen;
	bool told = limen->features & LIMEN_HW_FEATURE_CAM_MODES;
	u32 count = told ? limen_read(&limen->host, LIMEN_HW_REG_CAM_MODES) :
		    2 * ARRAY_SIZE(limen_camera_rates);
	struct limen_camera_mode *mode = camera->modes;

	if (!count || count > LIMEN_HW_CAM_MODES_MAX) {
		dev_warn(limen->drm.dev, "no camera: the board says that it has %u modes\n",
			 count);
		return false;
	}
	for (; camera->mode_count < count; camera->mode_count++, mode++) {
		if (!told) {
			limen_camera_usual_mode(camera->mode_count, mode);
		} else if (!limen_camera_read_mode(&limen->host,
						   camera->mode_count, mode)) {
			dev_warn(limen->drm.dev, "no camera: its mode %u cannot be: %ux%u, %u us\n",
				 camera->mode_count, mode->size.width,
				 mode->size.height, mode->interval);
			return false;
		}
		if (!limen_camera_mode(camera, mode->size.width,
				       mode->size.height, 0))
			camera->sizes[camera->size_count++] = mode->size;
	}
	camera->interval = limen_camera_nearest_interval(camera,
							 (struct v4l2_fract) {});
	return true;
}

static struct limen_camera *limen_camera_create(struct limen_device *limen)
{
	struct limen_camera *camera = kzalloc(sizeof(*camera), GFP_KERNEL);
	int ret;

	if (!camera)
		return ERR_PTR(-ENOMEM);
	snprintf(camera->v4l2.name, sizeof(camera->v4l2.name), "%s-camera",
		 dev_name(limen->drm.dev));
	ret = v4l2_device_register(limen->drm.dev, &camera->v4l2);
	if (ret) {
		kfree(camera);
		return ERR_PTR(ret);
	}
	camera->v4l2.release = limen_camera_release;
	camera->limen = limen;
	camera->size = &camera->sizes[0];
	mutex_init(&camera->lock);
	INIT_LIST_HEAD(&camera->waiting);
	return camera;
}

/* The last file that is still open frees it. */
static void limen_camera_put(struct limen_camera *camera)
{
	v4l2_device_unregister(&camera->v4l2);
	v4l2_device_put(&camera->v4l2);
}

/**
 * limen_camera_register() - give a board's camera its node
 * @limen: the device; its rings and its interrupt work
 *
 * Return: 0, also without a camera; or a negative error
 */
int limen_camera_register(struct limen_device *limen)
{
	struct limen_ring *ring = &limen->rings[LIMEN_HW_RING_CAMERA];
	struct limen_camera *camera;
	int ret;

	if (!(limen->features & LIMEN_HW_FEATURE_CAMERA))
		return 0;
	camera = limen_camera_create(limen);
	if (IS_ERR(camera))
		return PTR_ERR(camera);
	if (!limen_camera_find_modes(camera)) {
		limen->features &= ~LIMEN_HW_FEATURE_CAMERA;
		limen_camera_put(camera);
		return 0;
	}
	ret = limen_ring_init(&limen->host, ring, LIMEN_HW_RING_CAMERA,
			      LIMEN_CAMERA_RING_LOG2, &limen_camera_ring_ops);
	if (ret)
		goto put;
	limen->camera = camera;
	ret = limen_camera_init_controls(camera);
	if (!ret)
		ret = limen_camera_init_queue(camera);
	if (!ret)
		ret = limen_camera_register_node(camera);
	if (!ret)
		return 0;

	limen->camera = NULL;
put:
	limen_camera_put(camera);
	return ret;
}

/**
 * limen_camera_unregister() - take the node away
 * @limen: the device; its registers still work
 *
 * Whoever streams gets an error, then finds the node gone. The ring, empty and
 * stopped, is freed with the others.
 */
void limen_camera_unregister(struct limen_device *limen)
{
	struct limen_camera *camera = limen->camera;

	if (!camera)
		return;
	vb2_video_unregister_device(&camera->video);
	limen->camera = NULL;
	limen_camera_put(camera);
}
