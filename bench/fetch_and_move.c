/*
 * fetch_and_move - what a mailbox costs at least
 *
 * A bare libetpan client on libetpan's own transport: signs in, fetches the beginning of every
 * message of INBOX in batches, moves them in sets, and does nothing with them. What mailbounced
 * needs beyond it is what reading, recording and waiting cost. It knows the uids: the folder is
 * fresh, so they are 1 to UIDNEXT - 1.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <err.h>
#include <libetpan/libetpan.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct job {
	mailimap *session;
	uint32_t uids;  /* 1 to uids */
	uint32_t batch; /* messages of one FETCH */
	uint32_t set;   /* messages of one MOVE */
	uint32_t most;  /* bytes of one message */
	const char *target;
	uint64_t bytes; /* that came */
};

static void
must(int r, const char *what)
{
	if (r != MAILIMAP_NO_ERROR && r != MAILIMAP_NO_ERROR_AUTHENTICATED &&
	    r != MAILIMAP_NO_ERROR_NON_AUTHENTICATED)
		errx(1, "%s: libetpan's error %d", what, r);
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint32_t
number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || value == 0 || value > UINT32_MAX)
		errx(64, "%s: not a number", text);
	return (uint32_t)value;
}

static void
count_bytes(struct job *job, clist *messages)
{
	for (clistiter *i = clist_begin(messages); i != NULL; i = clist_next(i)) {
		const struct mailimap_msg_att *att = clist_content(i);

		for (clistiter *k = clist_begin(att->att_list); k != NULL; k = clist_next(k)) {
			const struct mailimap_msg_att_item *item = clist_content(k);

			if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC &&
			    item->att_data.att_static->att_type == MAILIMAP_MSG_ATT_BODY_SECTION)
				job->bytes += item->att_data.att_static->att_data.att_body_section
						      ->sec_length;
		}
	}
}

static void
fetch(struct job *job, uint32_t first, uint32_t last)
{
	struct mailimap_set *set = mailimap_set_new_interval(first, last);
	struct mailimap_fetch_type *type = mailimap_fetch_type_new_fetch_att_list_empty();
	clist *messages = NULL;

	mailimap_fetch_type_new_fetch_att_list_add(type, mailimap_fetch_att_new_uid());
	mailimap_fetch_type_new_fetch_att_list_add(
		type, mailimap_fetch_att_new_body_peek_section_partial(mailimap_section_new(NULL),
								       0, job->most));
	must(mailimap_uid_fetch(job->session, set, type, &messages), "FETCH");
	count_bytes(job, messages);
	mailimap_fetch_list_free(messages);
	mailimap_fetch_type_free(type);
	mailimap_set_free(set);
}

static void
move(struct job *job, uint32_t first, uint32_t last)
{
	struct mailimap_set *set = mailimap_set_new_interval(first, last);

	must(mailimap_uid_move(job->session, set, job->target), "MOVE");
	mailimap_set_free(set);
}

static void
run(struct job *job)
{
	uint32_t moved = 0;

	for (uint32_t first = 1; first <= job->uids; first += job->batch) {
		uint32_t last = first + job->batch - 1;

		if (last > job->uids)
			last = job->uids;
		fetch(job, first, last);
		if (last - moved < job->set && last < job->uids)
			continue;
		move(job, moved + 1, last);
		moved = last;
	}
}

int
main(int argc, char **argv)
{
	struct job job = { .session = mailimap_new(0, NULL) };
	double began;

	if (argc != 8)
		errx(64, "usage: fetch_and_move PORT USER PASSWORD TARGET BATCH SET BYTES");
	job.target = argv[4];
	job.batch = number(argv[5]);
	job.set = number(argv[6]);
	job.most = number(argv[7]);
	must(mailimap_socket_connect(job.session, "127.0.0.1", (uint16_t)number(argv[1])),
	     "connect");
	must(mailimap_login(job.session, argv[2], argv[3]), "LOGIN");
	(void)mailimap_create(job.session, job.target); /* it may be there */
	must(mailimap_select(job.session, "INBOX"), "SELECT");
	job.uids = job.session->imap_selection_info->sel_uidnext - 1;
	began = seconds();
	run(&job);
	printf("%.6f %u messages, %llu bytes\n", seconds() - began, job.uids,
	       (unsigned long long)job.bytes);
	mailimap_logout(job.session);
	mailimap_free(job.session);
	return 0;
}
