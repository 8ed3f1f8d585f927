/*
 * fuzz_wire - a server's bytes at the guard in front of libetpan
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include "wire.h"

static size_t
feed(struct wire *wire, struct span bytes, size_t piece)
{
	size_t taken = 0;

	wire_init(wire);
	while (!span_empty(bytes) && wire->refused == NULL) {
		size_t n = piece < span_len(bytes) ? piece : span_len(bytes);
		size_t passed = wire_feed(wire, bytes.p, n);

		fuzz_expect(passed == n || (passed < n && wire->refused != NULL));
		taken += passed;
		bytes.p += n;
	}
	return taken;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_make((const char *)data, size);
	struct wire whole, pieces;
	size_t taken = feed(&whole, bytes, size);

	/* Where the bytes are cut makes no difference. */
	for (size_t piece = 1; piece <= 64; piece *= 4) {
		fuzz_expect(feed(&pieces, bytes, piece) == taken);
		fuzz_expect(pieces.refused == whole.refused && pieces.exists == whole.exists);
		fuzz_expect(strcmp(pieces.bye, whole.bye) == 0);
		fuzz_expect(strcmp(pieces.tagged, whole.tagged) == 0);
	}
	fuzz_touch(span_of(whole.refused));
	return 0;
}
