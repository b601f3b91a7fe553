// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the line discipline of a terminal; part of
 * drivers/tty/n_tty.c
 *
 * Saved: settings; what has been received and not been read, with the ends of
 *	lines and what of a line can still be erased; what is to be echoed, and
 *	the columns that erasing needs.
 * Not saved: what follows from the settings; the count of overruns for the log.
 * Refused: other line disciplines than N_TTY.
 *
 * Positions count from the oldest character. Whoever has received or read
 * something publishes how far that is, but only what the present mode uses: the
 * others fall behind, and may then be less than zero.
 */
#include <linux/checkpoint_hdr.h>
#include "files.h"

/* Get the line discipline of a terminal if it is this one. */
static struct tty_ldisc *get_n_tty(struct tty_struct *tty)
{
	struct tty_ldisc *ld = tty_ldisc_ref_wait(tty);

	if (ld && ld->ops->num != N_TTY) {
		tty_ldisc_deref(ld);
		return NULL;
	}
	return ld;
}

static void save_termios(struct ckpt_termios *to, const struct ktermios *from)
{
	BUILD_BUG_ON(sizeof(to->cc) != sizeof(from->c_cc));

	to->iflag = from->c_iflag;
	to->oflag = from->c_oflag;
	to->cflag = from->c_cflag;
	to->lflag = from->c_lflag;
	to->ispeed = from->c_ispeed;
	to->ospeed = from->c_ospeed;
	to->line = from->c_line;
	memcpy(to->cc, from->c_cc, sizeof(to->cc));
}

static void load_termios(struct ktermios *to, const struct ckpt_termios *from)
{
	to->c_iflag = from->iflag;
	to->c_oflag = from->oflag;
	to->c_cflag = from->cflag;
	to->c_lflag = from->lflag;
	to->c_ispeed = from->ispeed;
	to->c_ospeed = from->ospeed;
	to->c_line = from->line;
	memcpy(to->c_cc, from->cc, sizeof(to->c_cc));
}

static s32 distance(size_t pos, size_t from)
{
	return clamp_t(ssize_t, pos - from, S32_MIN, S32_MAX);
}

static void fill_ldata(struct ckpt_hdr_tty *h, struct n_tty_data *ldata)
{
	h->nr_read = read_cnt(ldata);
	h->commit = distance(ldata->commit_head, ldata->read_tail);
	h->canon = distance(ldata->canon_head, ldata->read_tail);
	h->nr_echo = ldata->echo_head - ldata->echo_tail;
	h->echo_commit = max(distance(ldata->echo_commit, ldata->echo_tail), 0);
	h->echo_mark = max(distance(ldata->echo_mark, ldata->echo_tail), 0);
	h->column = ldata->column;
	h->canon_column = ldata->canon_column;
	if (ldata->lnext)
		h->flags |= CKPT_TTY_LNEXT;
	if (ldata->erasing)
		h->flags |= CKPT_TTY_ERASING;
	if (ldata->push)
		h->flags |= CKPT_TTY_PUSH;
	if (ldata->no_room)
		h->flags |= CKPT_TTY_NO_ROOM;
}

/**
 * ckpt_n_tty_fill - save the line discipline of a terminal, but not its buffers
 * @tty: the terminal
 * @h: record to fill; @h->nr_read and @h->nr_echo say how large they are
 *
 * Return: 0, or -EOPNOTSUPP, not reported, if it is another line discipline.
 */
int ckpt_n_tty_fill(struct tty_struct *tty, struct ckpt_hdr_tty *h)
{
	struct tty_ldisc *ld = get_n_tty(tty);

	if (!ld)
		return -EOPNOTSUPP;
	/* Excludes those who read and write, and the work that receives. */
	down_write(&tty->termios_rwsem);
	save_termios(&h->termios, &tty->termios);
	save_termios(&h->locked, &tty->termios_locked);
	fill_ldata(h, tty->disc_data);
	up_write(&tty->termios_rwsem);
	tty_ldisc_deref(ld);
	return 0;
}

static void copy_ldata(struct n_tty_data *ldata, u32 nr_read, u32 nr_echo, u8 *to)
{
	u32 i;

	for (i = 0; i < nr_read; i++) {
		to[i] = read_buf(ldata, ldata->read_tail + i);
		if (test_bit(MASK(ldata->read_tail + i), ldata->read_flags))
			to[nr_read + i / 8] |= BIT(i % 8);
	}
	to += nr_read + DIV_ROUND_UP(nr_read, 8);
	for (i = 0; i < nr_echo; i++)
		to[i] = echo_buf(ldata, ldata->echo_tail + i);
}

/**
 * ckpt_n_tty_copy - save the buffers of the line discipline of a terminal
 * @tty: the terminal
 * @h: record, filled by ckpt_n_tty_fill(), with room for them and zeros there
 *
 * Return: 0, or -EBUSY, not reported, if they have changed meanwhile.
 */
int ckpt_n_tty_copy(struct tty_struct *tty, struct ckpt_hdr_tty *h)
{
	struct tty_ldisc *ld = get_n_tty(tty);
	struct ckpt_hdr_tty now = {};
	int ret = -EBUSY;

	if (!ld)
		return ret;
	down_write(&tty->termios_rwsem);
	fill_ldata(&now, tty->disc_data);
	if (now.nr_read == h->nr_read && now.nr_echo == h->nr_echo &&
	    now.canon == h->canon && now.commit == h->commit) {
		copy_ldata(tty->disc_data, now.nr_read, now.nr_echo, h->data);
		ret = 0;
	}
	up_write(&tty->termios_rwsem);
	tty_ldisc_deref(ld);
	return ret;
}

static void load_buffers(struct n_tty_data *ldata, const struct ckpt_hdr_tty *h)
{
	const u8 *data = h->data, *ends = data + h->nr_read;
	u32 i;

	memcpy(ldata->read_buf, data, h->nr_read);
	bitmap_zero(ldata->read_flags, N_TTY_BUF_SIZE);
	for (i = 0; i < h->nr_read; i++)
		if (ends[i / 8] & BIT(i % 8))
			__set_bit(i, ldata->read_flags);
	memcpy(ldata->echo_buf, ends + DIV_ROUND_UP(h->nr_read, 8), h->nr_echo);
}

static void load_ldata(struct n_tty_data *ldata, const struct ckpt_hdr_tty *h)
{
	load_buffers(ldata, h);
	ldata->read_tail = 0;
	ldata->read_head = h->nr_read;
	ldata->line_start = 0;
	ldata->commit_head = (ssize_t)h->commit;
	ldata->canon_head = (ssize_t)h->canon;
	ldata->lookahead_count = 0;
	ldata->echo_tail = 0;
	ldata->echo_head = h->nr_echo;
	ldata->echo_commit = h->echo_commit;
	ldata->echo_mark = h->echo_mark;
	ldata->column = h->column;
	ldata->canon_column = h->canon_column;
	ldata->lnext = !!(h->flags & CKPT_TTY_LNEXT);
	ldata->erasing = !!(h->flags & CKPT_TTY_ERASING);
	ldata->push = !!(h->flags & CKPT_TTY_PUSH);
	ldata->no_room = !!(h->flags & CKPT_TTY_NO_ROOM);
}

/**
 * ckpt_n_tty_load - restore the line discipline of a terminal
 * @tty: the terminal
 * @h: the record, validated
 *
 * Return: 0, or -EBUSY, not reported, if somebody has changed its kind.
 */
int ckpt_n_tty_load(struct tty_struct *tty, const struct ckpt_hdr_tty *h)
{
	struct tty_ldisc *ld = get_n_tty(tty);

	if (!ld)
		return -EBUSY;
	down_write(&tty->termios_rwsem);
	load_termios(&tty->termios, &h->termios);
	load_termios(&tty->termios_locked, &h->locked);
	/* What follows from the settings. */
	n_tty_set_termios(tty, NULL);
	load_ldata(tty->disc_data, h);
	up_write(&tty->termios_rwsem);
	tty_ldisc_deref(ld);
	return 0;
}
