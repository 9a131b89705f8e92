// Package contest draws the winners of a contest so that anybody can draw them again afterwards.
//
// When a contest opens, its owner makes a seed and publishes its hash (NewSeed, Commit). When it has
// closed, the winners follow from the seed and the entries alone (Draw), and the owner publishes both
// in one document (Record), which everybody can check (Verify) or redo in another language.
//
// # The algorithm, version grapevine-draw-1
//
// Text is UTF-8, LF is the byte 0x0A, TAB the byte 0x09. Hashes are SHA-256 and are written as 64
// lower-case hexadecimal digits. Numbers in texts are decimal without leading zeros.
//
//  1. Commitment: the hash of the 32 bytes of the seed.
//  2. Entries: sort them by id, comparing bytes. Each has an id of its own, a holder and a count of at
//     least 1; ids and holders are not empty and hold no bytes below 0x20 and no 0x7F.
//  3. Entries hash: for each entry, in that order, write id TAB holder TAB count LF. Hash the whole.
//  4. Tickets: number them from 1 through the sorted entries, count tickets for each. All of them lie
//     in the drum. There are at most 2^53-1.
//  5. Pick i, from i = 1 on: let n be the number of tickets in the drum. For try j = 1, 2, … take
//     HMAC-SHA256 with the seed's 32 bytes as key over the text
//     "grapevine-draw-1" LF entries-hash LF "pick " i " try " j
//     (no LF at its end), and read the first 8 bytes of the answer as a big-endian number x. If x is
//     at least 2^64 - (2^64 mod n), go on to the next try: these few numbers would favour the first
//     tickets. Otherwise r = x mod n, and the ticket that has exactly r tickets of the drum below it
//     wins place i.
//  6. Take that ticket out of the drum; where a holder can win once only, take out all tickets of the
//     holder. Go on with the next pick until there are as many winners as were announced or the drum
//     is empty.
//
// testdata/vectors.json holds worked examples.
//
// # What a record proves, and what not
//
// It proves that the winners follow from the seed and these entries, and that the seed is the one that
// was committed to before the entries were known. It does not prove that the entries are right: an
// owner knows the seed all along and could try out entries of friends. So publish the entries, or
// their hash (HashEntries), as soon as the contest closes, and let holders look theirs up. The
// programme's name and the time it closed do not enter the draw: compare them with what was announced.
// The document names holders by their ids; it holds no name and no address.
package contest
