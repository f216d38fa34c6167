// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the emulated sensor sees: a V4L2 output device of the emulated board.
 *
 * A buffer queued to it (or a picture written to it) is the scene from that
 * moment on, unless the one before has not been on show for a frame's time yet:
 * then it has to wait. The last one stays. The scene lasts as long as its file
 * streams: STREAMOFF, close or the end of the process wipes it and leaves the
 * empty booth, plain grey.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/math.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <media/v4l2-common.h>
#include <media/v4l2-device.h>
#include <media/v4l2-fh.h>
#include <media/v4l2-ioctl.h>
#include <media/videobuf2-v4l2.h>
#include <media/videobuf2-vmalloc.h>

#include "../compat.h"
#include "scene.h"

#define EMU_SCENE_NAME		"Limen emulated scene"
#define EMU_SCENE_EMPTY		0x80

/* What a buffer may have, with room to spare. */
#define EMU_SCENE_BUFFER_MAX	SZ_2M

/* How long a buffer is on show before the next one may follow. */
#define EMU_SCENE_TURN		DIV_ROUND_UP(HZ, 30)

/**
 * struct emu_scene_buffer - a buffer
 * @vbuf: what vb2 knows of it
 * @link: in &emu_scene.waiting
 */
struct emu_scene_buffer {
	struct vb2_v4l2_buffer vbuf;
	struct list_head link;
};

/**
 * struct emu_scene - the scene of one emulated board
 */
struct emu_scene {
	/** @v4l2: counts who still holds the scene; the last one frees it */
	struct v4l2_device v4l2;
	/** @video: the output node */
	struct video_device video;
	/** @queue: its buffers */
	struct vb2_queue queue;
	/** @lock: serialises ioctls and the queue */
	struct mutex lock;
	/** @turn: gives back what was on show, and shows what waits */
	struct delayed_work turn;
	/** @picture_lock: protects what follows; taken inside @lock */
	struct mutex picture_lock;
	/** @picture: EMU_SCENE_BYTES, blue, green, red */
	u8 *picture;
	/** @streaming: between start_streaming and stop_streaming */
	bool streaming;
	/** @sequence: of the next buffer */
	u32 sequence;
	/** @shown: on show, not yet for a whole turn; or NULL */
	struct emu_scene_buffer *shown;
	/** @waiting: to be shown, in this order */
	struct list_head waiting;
};

/**
 * emu_scene_lock() - look at the scene
 * @scene: the scene
 *
 * Context: May sleep.
 *
 * Return: EMU_SCENE_BYTES that do not change until emu_scene_unlock()
 */
const u8 *emu_scene_lock(struct emu_scene *scene)
{
	mutex_lock(&scene->picture_lock);
	return scene->picture;
}

/**
 * emu_scene_unlock() - look away again
 * @scene: the scene
 */
void emu_scene_unlock(struct emu_scene *scene)
{
	mutex_unlock(&scene->picture_lock);
}

/* Buffers */

static int emu_scene_queue_setup(struct vb2_queue *queue,
				 unsigned int *buffers, unsigned int *planes,
				 unsigned int sizes[],
				 struct device *alloc_devs[])
{
	if (*planes)
		return *planes == 1 && sizes[0] >= EMU_SCENE_BYTES &&
		       sizes[0] <= EMU_SCENE_BUFFER_MAX ? 0 : -EINVAL;
	*planes = 1;
	sizes[0] = EMU_SCENE_BYTES;
	return 0;
}

static int emu_scene_buf_out_validate(struct vb2_buffer *vb)
{
	to_vb2_v4l2_buffer(vb)->field = V4L2_FIELD_NONE;
	return 0;
}

static int emu_scene_buf_prepare(struct vb2_buffer *vb)
{
	if (vb2_plane_size(vb, 0) < EMU_SCENE_BYTES)
		return -EINVAL;
	/* write() queues full buffers only; vb2 loses their payload. */
	if (vb2_fileio_is_active(vb->vb2_queue))
		return 0;
	/* Half a picture would mix two travellers. */
	return vb2_get_plane_payload(vb, 0) == EMU_SCENE_BYTES ? 0 : -EINVAL;
}

static struct emu_scene_buffer *to_emu_buffer(struct vb2_buffer *vb)
{
	return container_of(to_vb2_v4l2_buffer(vb), struct emu_scene_buffer,
			    vbuf);
}

/* Show the next buffer, if it is somebody's turn. */
static void emu_scene_advance(struct emu_scene *scene)
{
	struct vb2_buffer *vb;

	lockdep_assert_held(&scene->picture_lock);

	if (!scene->streaming || scene->shown)
		return;
	scene->shown = list_first_entry_or_null(&scene->waiting,
						struct emu_scene_buffer, link);
	if (!scene->shown)
		return;
	list_del(&scene->shown->link);
	vb = &scene->shown->vbuf.vb2_buf;
	vb->timestamp = ktime_get_ns();
	memcpy(scene->picture, vb2_plane_vaddr(vb, 0), EMU_SCENE_BYTES);
	schedule_delayed_work(&scene->turn, EMU_SCENE_TURN);
}

static void emu_scene_turn(struct work_struct *work)
{
	struct emu_scene *scene =
		container_of(work, struct emu_scene, turn.work);

	mutex_lock(&scene->picture_lock);
	if (scene->shown) {
		scene->shown->vbuf.sequence = scene->sequence++;
		vb2_buffer_done(&scene->shown->vbuf.vb2_buf,
				VB2_BUF_STATE_DONE);
		scene->shown = NULL;
	}
	emu_scene_advance(scene);
	mutex_unlock(&scene->picture_lock);
}

static void emu_scene_buf_queue(struct vb2_buffer *vb)
{
	struct emu_scene *scene = vb2_get_drv_priv(vb->vb2_queue);

	mutex_lock(&scene->picture_lock);
	list_add_tail(&to_emu_buffer(vb)->link, &scene->waiting);
	emu_scene_advance(scene);
	mutex_unlock(&scene->picture_lock);
}

static void emu_scene_buf_cleanup(struct vb2_buffer *vb)
{
	memzero_explicit(vb2_plane_vaddr(vb, 0), vb2_plane_size(vb, 0));
}

static int emu_scene_start_streaming(struct vb2_queue *queue,
				     unsigned int count)
{
	struct emu_scene *scene = vb2_get_drv_priv(queue);

	mutex_lock(&scene->picture_lock);
	scene->sequence = 0;
	scene->streaming = true;
	emu_scene_advance(scene);
	mutex_unlock(&scene->picture_lock);
	return 0;
}

static void emu_scene_stop_streaming(struct vb2_queue *queue)
{
	struct emu_scene *scene = vb2_get_drv_priv(queue);
	struct emu_scene_buffer *buffer, *next;

	mutex_lock(&scene->picture_lock);
	scene->streaming = false;
	memset(scene->picture, EMU_SCENE_EMPTY, EMU_SCENE_BYTES);
	if (scene->shown)
		list_add(&scene->shown->link, &scene->waiting);
	scene->shown = NULL;
	list_for_each_entry_safe(buffer, next, &scene->waiting, link) {
		list_del(&buffer->link);
		vb2_buffer_done(&buffer->vbuf.vb2_buf, VB2_BUF_STATE_ERROR);
	}
	mutex_unlock(&scene->picture_lock);

	cancel_delayed_work_sync(&scene->turn);
}

static const struct vb2_ops emu_scene_queue_ops = {
	.queue_setup = emu_scene_queue_setup,
	LIMEN_VB2_WAIT_OPS
	.buf_out_validate = emu_scene_buf_out_validate,
	.buf_prepare = emu_scene_buf_prepare,
	.buf_queue = emu_scene_buf_queue,
	.buf_cleanup = emu_scene_buf_cleanup,
	.start_streaming = emu_scene_start_streaming,
	.stop_streaming = emu_scene_stop_streaming,
};

/* Ioctls */

static int emu_scene_querycap(struct file *file, void *fh,
			      struct v4l2_capability *cap)
{
	strscpy(cap->driver, "limen_emu", sizeof(cap->driver));
	strscpy(cap->card, EMU_SCENE_NAME, sizeof(cap->card));
	return 0;
}

static int emu_scene_enum_fmt(struct file *file, void *fh,
			      struct v4l2_fmtdesc *desc)
{
	if (desc->index)
		return -EINVAL;
	desc->pixelformat = V4L2_PIX_FMT_BGR24;
	return 0;
}

/* There is one format, so getting, trying and setting it are the same. */
static int emu_scene_fmt(struct file *file, void *fh,
			 struct v4l2_format *format)
{
	struct v4l2_pix_format *pix = &format->fmt.pix;

	memset(pix, 0, sizeof(*pix));
	pix->width = LIMEN_HW_CAM_WIDTH;
	pix->height = LIMEN_HW_CAM_HEIGHT;
	pix->pixelformat = V4L2_PIX_FMT_BGR24;
	pix->field = V4L2_FIELD_NONE;
	pix->bytesperline = EMU_SCENE_STRIDE;
	pix->sizeimage = EMU_SCENE_BYTES;
	pix->colorspace = V4L2_COLORSPACE_SRGB;
	return 0;
}

static int emu_scene_enum_framesizes(struct file *file, void *fh,
				     struct v4l2_frmsizeenum *size)
{
	if (size->index || size->pixel_format != V4L2_PIX_FMT_BGR24)
		return -EINVAL;
	size->type = V4L2_FRMSIZE_TYPE_DISCRETE;
	size->discrete.width = LIMEN_HW_CAM_WIDTH;
	size->discrete.height = LIMEN_HW_CAM_HEIGHT;
	return 0;
}

static int emu_scene_enum_output(struct file *file, void *fh,
				 struct v4l2_output *output)
{
	if (output->index)
		return -EINVAL;
	output->type = V4L2_OUTPUT_TYPE_ANALOG;
	strscpy(output->name, "Scene", sizeof(output->name));
	return 0;
}

static int emu_scene_g_output(struct file *file, void *fh, unsigned int *index)
{
	*index = 0;
	return 0;
}

static int emu_scene_s_output(struct file *file, void *fh, unsigned int index)
{
	return index ? -EINVAL : 0;
}

/*
 * v4l2-compliance 1.22 takes the number of buffers there may be for a reserved
 * field that is not zero. Not to tell it means VIDEO_MAX_FRAME, which is right.
 */
static int emu_scene_create_bufs(struct file *file, void *fh,
				 struct v4l2_create_buffers *create)
{
	int ret = vb2_ioctl_create_bufs(file, fh, create);

	create->capabilities &= ~V4L2_BUF_CAP_SUPPORTS_MAX_NUM_BUFFERS;
	create->max_num_buffers = 0;
	return ret;
}

static const struct v4l2_ioctl_ops emu_scene_ioctl_ops = {
	.vidioc_querycap = emu_scene_querycap,
	.vidioc_enum_fmt_vid_out = emu_scene_enum_fmt,
	.vidioc_g_fmt_vid_out = emu_scene_fmt,
	.vidioc_try_fmt_vid_out = emu_scene_fmt,
	.vidioc_s_fmt_vid_out = emu_scene_fmt,
	.vidioc_enum_framesizes = emu_scene_enum_framesizes,
	.vidioc_enum_output = emu_scene_enum_output,
	.vidioc_g_output = emu_scene_g_output,
	.vidioc_s_output = emu_scene_s_output,
	.vidioc_reqbufs = vb2_ioctl_reqbufs,
	.vidioc_create_bufs = emu_scene_create_bufs,
	.vidioc_prepare_buf = vb2_ioctl_prepare_buf,
	.vidioc_querybuf = vb2_ioctl_querybuf,
	.vidioc_qbuf = vb2_ioctl_qbuf,
	.vidioc_dqbuf = vb2_ioctl_dqbuf,
	.vidioc_streamon = vb2_ioctl_streamon,
	.vidioc_streamoff = vb2_ioctl_streamoff,
};

static const struct v4l2_file_operations emu_scene_fops = {
	.owner = THIS_MODULE,
	.open = v4l2_fh_open,
	.release = vb2_fop_release,
	.write = vb2_fop_write,
	.poll = vb2_fop_poll,
	.unlocked_ioctl = video_ioctl2,
	.mmap = vb2_fop_mmap,
};

/* Life */

static void emu_scene_release(struct v4l2_device *v4l2)
{
	struct emu_scene *scene = container_of(v4l2, struct emu_scene, v4l2);

	kvfree_sensitive(scene->picture, EMU_SCENE_BYTES);
	mutex_destroy(&scene->picture_lock);
	mutex_destroy(&scene->lock);
	kfree(scene);
}

static int emu_scene_init_queue(struct emu_scene *scene, struct device *dev)
{
	struct vb2_queue *queue = &scene->queue;

	queue->type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
	queue->io_modes = VB2_MMAP | VB2_WRITE;
	queue->dev = dev;
	queue->lock = &scene->lock;
	queue->ops = &emu_scene_queue_ops;
	queue->mem_ops = &vb2_vmalloc_memops;
	queue->drv_priv = scene;
	queue->buf_struct_size = sizeof(struct emu_scene_buffer);
	queue->timestamp_flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
	return vb2_queue_init(queue);
}

static int emu_scene_register_node(struct emu_scene *scene)
{
	struct video_device *video = &scene->video;

	strscpy(video->name, EMU_SCENE_NAME, sizeof(video->name));
	video->v4l2_dev = &scene->v4l2;
	video->fops = &emu_scene_fops;
	video->ioctl_ops = &emu_scene_ioctl_ops;
	video->release = video_device_release_empty;
	video->lock = &scene->lock;
	video->queue = &scene->queue;
	video->vfl_dir = VFL_DIR_TX;
	video->device_caps = V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_STREAMING |
			     V4L2_CAP_READWRITE;
	video_set_drvdata(video, scene);
	return video_register_device(video, VFL_TYPE_VIDEO, -1);
}

/**
 * emu_scene_register() - create a board's scene, the empty booth
 * @dev: the emulated board
 *
 * Return: the scene, or an ERR_PTR()
 */
struct emu_scene *emu_scene_register(struct device *dev)
{
	struct emu_scene *scene = kzalloc(sizeof(*scene), GFP_KERNEL);
	int ret;

	if (!scene)
		return ERR_PTR(-ENOMEM);
	scene->picture = vmalloc(EMU_SCENE_BYTES);
	if (!scene->picture) {
		kfree(scene);
		return ERR_PTR(-ENOMEM);
	}
	memset(scene->picture, EMU_SCENE_EMPTY, EMU_SCENE_BYTES);
	mutex_init(&scene->lock);
	mutex_init(&scene->picture_lock);
	INIT_DELAYED_WORK(&scene->turn, emu_scene_turn);
	INIT_LIST_HEAD(&scene->waiting);

	snprintf(scene->v4l2.name, sizeof(scene->v4l2.name), "%s-scene",
		 dev_name(dev));
	ret = v4l2_device_register(dev, &scene->v4l2);
	if (ret) {
		emu_scene_release(&scene->v4l2);
		return ERR_PTR(ret);
	}
	scene->v4l2.release = emu_scene_release;
	ret = emu_scene_init_queue(scene, dev);
	if (!ret)
		ret = emu_scene_register_node(scene);
	if (ret) {
		v4l2_device_unregister(&scene->v4l2);
		v4l2_device_put(&scene->v4l2);
		return ERR_PTR(ret);
	}
	return scene;
}

/**
 * emu_scene_unregister() - remove the node
 * @scene: the scene; nobody looks at it any more. It is freed when its last
 *	file closes.
 */
void emu_scene_unregister(struct emu_scene *scene)
{
	vb2_video_unregister_device(&scene->video);
	v4l2_device_unregister(&scene->v4l2);
	v4l2_device_put(&scene->v4l2);
}
