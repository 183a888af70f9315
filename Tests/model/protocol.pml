/* Giftbridge's protocol: one order, any number of workers, the vendor, the network between them, the shop, the
   operator, and a database that may go back to an earlier state.

   Nothing here has a clock. A lease ends at any moment, an answer takes as long as it likes, and a request can reach
   the vendor long after everyone has given it up: what holds here holds for every setting of the time-outs. The one
   promise that needs time (a vendor that checks first and sells later) says so at QUIET.

   Every fault takes one unit of its budget, so a run is finite: it ends when nothing can happen any more, and Monitor
   then asks whether the order was lost. README.md explains the settings; check runs them. */

c_decl {
\#include <stdlib.h>
static int setting(const char *name, int fallback)
{
    const char *text = getenv(name);
    return text ? atoi(text) : fallback;
}
}

/* Attempts that exist at one time: held by a worker, on the way, or in the row in flight. Too few are an error. */
#ifndef SLOTS
#define SLOTS 6
#endif
#if SLOTS == 6
#define ANY(f) (f(1) || f(2) || f(3) || f(4) || f(5) || f(6))
#else
#define ANY(f) (f(1) || f(2) || f(3) || f(4) || f(5) || f(6) || f(7) || f(8) || f(9))
#endif

mtype = { PENDING, SUBMITTING, COMPLETED, DECLARED, REJECTED, FAILED, IN_DOUBT, CANCELLED };
mtype = { FREE, CLAIMED, UNSAVED, WAITING, LOOKING, AGAIN, GONE };
mtype = { SOLD, FOREIGN, TAKEN, SOME, REFUSED, BUSY, BROKEN, LOST, UNSENT, ALL, NONE };

/* -- Settings. They are the same in the whole run and so are no part of a state; init reads them. -- */

/* What the installation and its vendor are like. */
hidden byte lookup;          /* the shop has a site_id: POST /redeem/check is a second proof */
hidden byte two_items;       /* the order has two items, and two codes */
hidden byte nonatomic;       /* the vendor checks the codes first and sells later */
hidden byte ignores_codes;   /* the vendor sells under codes of its own and never says that one is taken */
hidden byte flagged;         /* the flag is set from the start: another order has shown that the vendor ignores codes
                                (for the protocol the same as an order none of whose codes are Giftbridge's) */
/* The right protocol, broken in one place each: the mutants. */
hidden byte no_fence, sequence_fence, no_write_ahead, codes_on_change, codes_by_chance, rescue_to_pending, no_rescue;
hidden byte doubt_forgotten, unsold_forgets, fails_in_doubt, cancels_in_doubt, taken_is_collision, early_verification;
hidden byte some_is_sold, some_is_taken, some_is_no_refusal, refusal_forgotten, unconfirmed, flag_ignored, late_in_part;
hidden byte verifies_for_ever, none_is_pending;
/* Which promises Monitor watches (a mutant has to break the one that it is about), and their names in spin's report. */
hidden byte promises;
hidden byte sold_at_most_once, completed_means_sold, unsold_means_unsold, doubt_is_visible, ends_are_final;
hidden byte nothing_is_lost, enough_slots;

/* -- Budgets: how often each thing may still happen. -- */

byte faults;     /* a lost request, a lost answer, a 5xx before or after the sale, a 429, a connection refused */
byte kills;      /* kill -9 of the worker, or of the database between a commit and its acknowledgement */
byte stalls;     /* the lease ends although the worker lives, and goes on later */
byte refusals;   /* the vendor refuses the order for another reason than its codes */
byte keeps;      /* a refused or failed request leaves its codes taken, though nothing was sold */
byte partials;   /* the vendor sells the first of two items and then fails */
byte copies;     /* a layer below delivers the request once more */
byte repeats;    /* a settle commits, its acknowledgement is lost, and the worker settles again */
byte restores;   /* the database goes back to an earlier state: lost commits of a failover, a backup */
byte people;     /* retry, and resolve_unsold of an order that was certainly not sold */
byte mistakes;   /* resolve_unsold although it was sold or may still be; resolve_sold although it was not */
byte edits;      /* the shop changes the items: one is added, if there is one */
byte cancels;    /* the shop cancels */
byte expiries;   /* expires_at passes, or the attempts are used up, while the order is pending */
byte flags;      /* another order shows that the vendor ignores codes */

/* -- The database: the order and its row in flight. -- */

mtype status = PENDING;
byte holder;      /* the attempt in flight: its random token, which no other attempt ever has; 0: none */
byte items;       /* 1 or 2; each item has a code of its own, for ever */
byte generation;  /* which codes they are; only mutants change it */
bit ever;         /* the order was in doubt once; whatever is resolved or edited since, this stays */
bit refusal;      /* an attempt was answered with a refusal that was not "all codes are taken" */
bit told;         /* the same, whatever a mutant makes of it: only for the promises */
bit verifying;    /* while submitting: the order was in doubt when it was claimed */
bit looking;      /* the next attempt, or the one in flight, is a look-up */
bit waits;        /* in doubt, and waiting for an operator */
byte nones;       /* look-ups that found no code: GIFTBRIDGE_MAX_VERIFICATIONS in small */
bit flag;         /* the shop's vendor is known to ignore codes */
byte token;       /* only with sequence_fence: the sequence that the fence is taken from */

/* A copy of it, taken at any moment. */
bit copied;
mtype z_status;
byte z_holder, z_items, z_generation, z_nones, z_token;
bit z_ever, z_refusal, z_told, z_verifying, z_looking, z_waits;

/* -- The vendor: sales of the first and the second item, and the codes, one bit a generation. -- */

byte sales1, sales2;
byte exists1, exists2;   /* codes of vouchers: what the look-up finds */
byte kept1, kept2;       /* codes that are taken though nothing was sold */

/* -- The attempts: what a worker holds, and what is on the way. -- */

mtype phase[SLOTS + 1] = FREE;
mtype answer[SLOTS + 1];    /* what came back and was not read yet */
byte underway[SLOTS + 1];   /* copies of the request that have not reached the vendor */
bit checked[SLOTS + 1];     /* a nonatomic vendor found the codes free, and has not sold yet */
bit sale[SLOTS + 1];        /* this attempt's request was sold */
byte carries[SLOTS + 1];    /* how many items the request has */
byte codes[SLOTS + 1];      /* and the generation of their codes */
byte number[SLOTS + 1];     /* only with sequence_fence */
/* What the database knows of an attempt. It cannot show a sale by an attempt that it has forgotten, or of which it was
   told, by the answer to a second copy of the request, that it was not sold: there only "sold once" is promised. */
#define KNOWN 0
#define SINCE_COPY 1        /* known, and forgotten with a restore */
#define FORGOTTEN 2
byte memory[SLOTS + 1];
bit sold_known, sold_since; /* there is a sale by a known attempt; by one since the copy */

byte excused;               /* ignores_codes: what can bring a second sale, and no protocol could prevent */

/* -- Conditions -- */

#define BIT(g) (1 << (g))
#define TAKEN1(s) (((exists1 | kept1) & BIT(codes[s])) != 0)
#define TAKEN2(s) (((exists2 | kept2) & BIT(codes[s])) != 0)
#define ON_ITS_WAY(s) (underway[s] > 0 || checked[s])
#define UNSENT_YET(s) (phase[s] == CLAIMED || phase[s] == UNSAVED)
#define IS_OUT(s) (ON_ITS_WAY(s) && memory[s] != FORGOTTEN)
#define SOLD_WHOLE (sales1 > 0 && (items == 1 || sales2 > 0))
#define SOLD_NOTHING (sales1 == 0 && sales2 == 0)
/* An operator who is right knows that nothing was sold and that nothing can arrive any more. */
#define CERTAINLY_UNSOLD (SOLD_NOTHING && !ANY(ON_ITS_WAY) && !ANY(UNSENT_YET))

/* A vendor that checks and sells in two steps is safe only if it is done with a request before the next is sent:
   VERIFY_AFTER is longer than the request's time-out, a worker sends only within its lease, and a person and a restore
   take longer still. */
#define QUIET (!nonatomic || early_verification || !ANY(ON_ITS_WAY))
#define MAY_SEND(s) (!nonatomic || early_verification || holder == s)

#define IS_SOLD (status == COMPLETED || status == DECLARED)
#define IS_UNCLEAR (a == BROKEN || a == LOST)
#define FLAG (flag && !flag_ignored)
#define IS_OPEN (status == PENDING || (status == IN_DOUBT && !waits && !FLAG))
#define IS_UNSOLD (status == REJECTED || status == FAILED || status == CANCELLED)
#define IS_AT_REST (IS_SOLD || IS_UNSOLD || (status == IN_DOUBT && (waits || FLAG)))

/* The fence of a settle. */
#define HOLDS(s) (status == SUBMITTING && (holder == s || (sequence_fence && number[holder] == number[s])))

/* -- The promises -- */

#define ONCE (sales1 <= 1 + excused && sales2 <= 1 + excused)
/* A vendor that keeps the codes of what it did not sell, where the database never learnt of its refusal, cannot be told
   from one that sold, except by a look-up. */
#define KEPT_UNHEARD (!lookup && !told && (kept1 | kept2) != 0)
#define TRULY_COMPLETED (status != COMPLETED || SOLD_WHOLE || KEPT_UNHEARD)
#define TRULY_UNSOLD (!IS_UNSOLD || !(sold_known || sold_since))
/* What is sold, or may still be, is in flight, completed or in doubt; or an operator said that it was not sold, and the
   row remembers the doubt. */
#define VISIBLE (!(sold_known || sold_since || ANY(IS_OUT)) || IS_SOLD || status == SUBMITTING || status == IN_DOUBT \
    || (status == PENDING && ever))
bit done; /* the order was completed */

/* -- Steps -- */

inline give_back(s) {
    if
    :: s != 0 && phase[s] == GONE && !ON_ITS_WAY(s) && holder != s && z_holder != s ->
        phase[s] = FREE; carries[s] = 0; codes[s] = 0; memory[s] = KNOWN; number[s] = 0
    :: else
    fi
}

inline gone(s) {
    phase[s] = GONE; answer[s] = 0; sale[s] = 0;
    give_back(s)
}

/* The row in flight goes, whichever attempt it was of. */
inline release() {
    old = holder; holder = 0; verifying = 0;
    give_back(old);
    old = 0
}

/* Every way into a status but SUBMITTING. */
inline become(new_status) {
    status = new_status; waits = 0; looking = 0; nones = 0
}

inline doubt(for_operator) {
    status = IN_DOUBT; ever = 1; looking = 0; waits = (for_operator || FLAG)
}

inline look_or_wait() {
    doubt(!lookup);
    looking = lookup && !FLAG
}

/* One settle, one transaction: the order changes only for the attempt that holds it. a is what the worker knows. */
inline settle(s) {
    if :: a == FOREIGN -> flag = 1 :: else fi;
    if
    :: a == SOLD || a == FOREIGN ->
        /* A late success is the truth, whatever the order has become; but only for the items that its request had. */
        if
        :: IS_SOLD
        :: else ->
            if
            :: carries[s] >= items || late_in_part -> become(COMPLETED); done = 1
            :: else -> doubt(true)
            fi;
            release()
        fi
    :: else ->
        if
        :: HOLDS(s) || (no_fence && a != ALL && a != NONE) ->
            if
            :: a == ALL -> become(COMPLETED); done = 1
            :: a == NONE ->
                if :: nones < 2 -> nones++ :: else fi;
                if :: none_is_pending -> become(PENDING) :: else -> doubt(nones >= 2 && !verifies_for_ever) fi
            :: a == SOME ->
                if
                :: looking -> if :: some_is_sold -> become(COMPLETED); done = 1 :: else -> doubt(true) fi
                :: else ->
                    if
                    :: some_is_taken -> become(COMPLETED); done = 1
                    :: else -> told = 1; refusal = (refusal || !some_is_no_refusal); look_or_wait()
                    fi
                fi
            :: a == TAKEN ->
                if
                :: taken_is_collision && !verifying -> generation++; become(PENDING)
                :: !(taken_is_collision && !verifying) && (!refusal || refusal_forgotten) ->
                    if
                    :: lookup && !unconfirmed -> look_or_wait()
                    :: else -> become(COMPLETED); done = 1
                    fi
                :: !(taken_is_collision && !verifying) && refusal && !refusal_forgotten -> look_or_wait()
                fi
            :: a == REFUSED ->
                refusal = 1; told = 1;
                if
                :: ever && !doubt_forgotten -> look_or_wait()
                :: else -> become(REJECTED)
                fi
            :: a == BUSY || a == UNSENT ->
                /* Not sold by this attempt: the order is again what it was, unless its attempts are used up. */
                if
                :: verifying -> status = IN_DOUBT; waits = FLAG
                :: !verifying -> become(PENDING)
                :: !verifying && (!ever || fails_in_doubt) -> become(FAILED)
                :: !verifying && ever && !fails_in_doubt -> doubt(true)
                fi
            :: IS_UNCLEAR -> if :: looking -> doubt(false); looking = 1 :: else -> doubt(false) fi
            fi;
            if
            :: a == BUSY || a == REFUSED ->
                /* Told that it was not sold. Where a second copy of the request was, no one can know. */
                if
                :: sale[s] && memory[s] == KNOWN -> sold_known = 0
                :: sale[s] && memory[s] == SINCE_COPY -> sold_since = 0
                :: else
                fi;
                memory[s] = FORGOTTEN
            :: else
            fi;
            holder = 0; verifying = 0
        :: else ->
            /* No longer its order. An unclear answer may raise a doubt where there is none: allowed, not needed. */
            if
            :: true
            :: IS_UNCLEAR && phase[s] != LOOKING && (status == PENDING || IS_UNSOLD) -> doubt(false)
            fi
        fi
    fi;
    if
    :: gone(s)
    :: repeats > 0 && a != ALL && a != NONE && phase[s] != LOOKING -> repeats--; phase[s] = AGAIN; answer[s] = a
    fi;
    a = 0
}

/* The answer on its way back. Of two copies' answers either may be the one that comes. */
inline reply(s, what) {
    a = what; printf("  its answer: "); printm(a); printf("\n"); a = 0;
    if
    :: phase[s] != WAITING && phase[s] != UNSAVED
    :: phase[s] == WAITING || phase[s] == UNSAVED -> answer[s] = what
    :: answer[s] != 0 && phase[s] == WAITING
    fi
}

inline keep(s) {
    if
    :: true
    :: keeps > 0 && !ignores_codes -> keeps--; printf("  it keeps the code\n"); kept1 = kept1 | BIT(codes[s])
    :: keeps > 0 && !ignores_codes && carries[s] == 2 ->
        keeps--; printf("  it keeps both codes\n"); kept1 = kept1 | BIT(codes[s]); kept2 = kept2 | BIT(codes[s])
    fi
}

inline sell(s) {
    sales1++; printf("  the vendor sells the order\n");
    if :: !ignores_codes -> exists1 = exists1 | BIT(codes[s]) :: else fi;
    if
    :: memory[s] == KNOWN -> sold_known = 1
    :: memory[s] == SINCE_COPY -> sold_since = 1
    :: else
    fi;
    if :: phase[s] != GONE -> sale[s] = 1 :: else fi;
    if
    :: partials > 0 && carries[s] == 2 -> partials--; printf("  but only its first item\n"); reply(s, BROKEN)
    :: true ->
        if
        :: carries[s] == 2 ->
            sales2++;
            if :: !ignores_codes -> exists2 = exists2 | BIT(codes[s]) :: else fi
        :: else
        fi;
        if
        :: ignores_codes -> reply(s, FOREIGN)
        :: !ignores_codes -> reply(s, SOLD)
        :: faults > 0 -> faults--; reply(s, BROKEN)
        fi
    fi
}

/* One attempt: the worker that holds it, and the vendor with its request. */
proctype Attempt(byte s) {
    mtype a;
    byte old;
end:
    do
    /* The worker: sends, once, what it has claimed. */
    :: atomic { phase[s] == CLAIMED && MAY_SEND(s) ->
            printf("attempt %d is sent\n", s);
            underway[s] = 1;
            if :: no_write_ahead -> phase[s] = UNSAVED :: else -> phase[s] = WAITING fi
        }
    :: atomic { phase[s] == UNSAVED ->
            phase[s] = WAITING;
            if
            :: status == PENDING || status == IN_DOUBT ->
                verifying = (status == IN_DOUBT); status = SUBMITTING; holder = s
            :: else
            fi
        }
    /* It settles what it knows. */
    :: atomic {
            if
            :: phase[s] == CLAIMED && faults > 0 -> faults--; a = UNSENT
            :: phase[s] == CLAIMED && !MAY_SEND(s) -> a = UNSENT
            :: phase[s] == WAITING && answer[s] != 0 -> a = answer[s]
            :: phase[s] == WAITING && faults > 0 -> faults--; a = LOST
            :: phase[s] == AGAIN -> a = answer[s]
            /* The codes are looked up one by one. That is one step here: codes only begin to exist, so ALL is true of
               the last moment and NONE of the first, and SOME goes to an operator anyway. */
            :: phase[s] == LOOKING ->
                if
                :: exists1 != 0 && (items == 1 || exists2 != 0) -> a = ALL
                :: exists1 == 0 && (items == 1 || exists2 == 0) -> a = NONE
                :: items == 2 && (exists1 != 0) != (exists2 != 0) -> a = SOME
                fi
            :: phase[s] == LOOKING && faults > 0 -> faults--; a = LOST
            fi;
            printf("attempt %d is settled: ", s); printm(a); printf("\n");
            settle(s);
            printf("  the order is "); printm(status); printf("\n")
        }
    /* It dies, at any point. */
    :: atomic { kills > 0 && phase[s] != FREE && phase[s] != GONE ->
            kills--; printf("the worker of attempt %d is killed\n", s);
            gone(s)
        }
    /* The vendor: a request arrives, soon or late. */
    :: atomic { underway[s] > 0 ->
            if
            :: underway[s]--; printf("the request of attempt %d reaches the vendor\n", s)
            :: copies > 0 ->
                copies--; printf("the request of attempt %d reaches the vendor, and will once more\n", s);
                if :: ignores_codes -> excused++ :: else fi
            fi;
            if
            :: faults > 0 -> faults--; reply(s, LOST)
            :: faults > 0 -> faults--; reply(s, BUSY)
            :: faults > 0 -> faults--; keep(s); reply(s, BROKEN)
            :: refusals > 0 -> refusals--; keep(s); reply(s, REFUSED)
            :: TAKEN1(s) && (carries[s] == 1 || TAKEN2(s)) -> reply(s, TAKEN)
            :: carries[s] == 2 && TAKEN1(s) != TAKEN2(s) -> keep(s); reply(s, SOME)
            :: !TAKEN1(s) && (carries[s] == 1 || !TAKEN2(s)) ->
                if
                :: nonatomic -> printf("  the vendor finds its codes free\n"); checked[s] = 1
                :: else -> sell(s)
                fi
            fi;
            give_back(s)
        }
    :: atomic { checked[s] -> printf("the vendor goes on with attempt %d\n", s); checked[s] = 0; sell(s); give_back(s) }
    od
}

/* A worker's turn: it claims the order, in a transaction of its own, committed before a byte leaves. */
proctype Claiming() {
    byte s;
end:
    do
    :: atomic { IS_OPEN && QUIET && !(no_write_ahead && ANY(UNSENT_YET)) ->
            s = 1;
            do
            :: phase[s] != FREE && s < SLOTS -> s++
            :: else -> break
            od;
            if :: phase[s] != FREE -> assert(enough_slots) :: else fi;
            if
            :: status == IN_DOUBT && lookup && !no_write_ahead -> looking = 1; phase[s] = LOOKING
            :: !looking -> phase[s] = CLAIMED
            fi;
            if :: codes_by_chance && generation == 0 -> token++; generation = token :: else fi;
            carries[s] = items; codes[s] = generation;
            if :: copied -> memory[s] = SINCE_COPY :: else fi;
            if :: sequence_fence -> token++; number[s] = token :: else fi;
            if
            :: ignores_codes && phase[s] == CLAIMED && ever && !flag -> excused++ /* sent again before anyone knew */
            :: else
            fi;
            if
            :: no_write_ahead
            :: else -> verifying = (status == IN_DOUBT); waits = 0; status = SUBMITTING; holder = s
            fi;
            printf("attempt %d is claimed", s); if :: looking -> printf(", as a look-up\n") :: else -> printf("\n") fi;
            s = 0
        }
    od
}

/* A lease that has ended: the order is in doubt, never pending. Any worker does this. */
proctype Rescue() {
    byte old;
end:
    do
    :: atomic { !no_rescue && status == SUBMITTING && (phase[holder] == GONE || stalls > 0) ->
            if
            :: phase[holder] == GONE
            :: else -> stalls--
            fi;
            printf("the lease of attempt %d ends\n", holder);
            if
            :: rescue_to_pending && !verifying -> become(PENDING)
            :: else -> if :: looking -> doubt(false); looking = 1 :: else -> doubt(false) fi
            fi;
            release()
        }
    od
}

/* The shop and the operator. Each action is one statement that looks at the order's status first. */
proctype People() {
end:
    do
    :: atomic { people > 0 && (status == REJECTED || status == FAILED) ->
            people--; printf("the shop retries the order\n");
            if :: codes_on_change -> generation++ :: else fi;
            become(PENDING)
        }
    :: atomic { cancels > 0 && status == PENDING && (!ever || cancels_in_doubt) ->
            cancels--; printf("the shop cancels the order\n"); become(CANCELLED)
        }
    :: atomic { edits > 0 && (status == PENDING || status == REJECTED || status == FAILED) ->
            edits--; printf("the shop changes the items\n"); items = 2;
            if :: codes_on_change -> generation++ :: else fi
        }
    :: atomic { expiries > 0 && status == PENDING ->
            expiries--; printf("the order expires, or has no attempt left\n");
            if :: ever && !fails_in_doubt -> doubt(true) :: else -> become(FAILED) fi
        }
    /* An operator who looked well. */
    :: atomic { status == IN_DOUBT && SOLD_WHOLE ->
            printf("an operator says, rightly, that it was sold\n"); become(COMPLETED); done = 1
        }
    :: atomic { people > 0 && status == IN_DOUBT && CERTAINLY_UNSOLD ->
            people--; printf("an operator says, rightly, that it was not sold\n"); become(PENDING);
            if :: unsold_forgets -> ever = 0 :: else fi
        }
    /* And one who did not. */
    :: atomic { mistakes > 0 && status == IN_DOUBT && !CERTAINLY_UNSOLD ->
            mistakes--; printf("an operator says, wrongly, that it was not sold\n"); become(PENDING);
            if :: unsold_forgets -> ever = 0 :: else fi;
            if :: ignores_codes -> excused++ :: else fi
        }
    :: atomic { mistakes > 0 && status == IN_DOUBT && !SOLD_WHOLE ->
            mistakes--; printf("an operator says, wrongly, that it was sold\n"); become(DECLARED)
        }
    /* Another order shows that this vendor ignores codes. */
    :: atomic { flags > 0 && !flag -> flags--; printf("another order shows that the vendor ignores codes\n"); flag = 1 }
    od
}

/* The database goes back: what was committed since the copy is forgotten, and the workers do not know. A copy of the
   first state also stands for an insert that was lost and that the shop made again: the codes are derived, and so the
   same. */
proctype Restore() {
    byte old, s;
end:
    do
    :: d_step { restores > 0 && !copied && status != COMPLETED ->
            printf("a copy of the database is made\n");
            copied = 1;
            z_status = status; z_holder = holder; z_items = items; z_generation = generation; z_nones = nones;
            z_token = token; z_ever = ever; z_refusal = refusal; z_told = told;
            z_verifying = verifying; z_looking = looking; z_waits = waits
        }
    :: d_step { copied ->
            printf("the database goes back to the copy\n");
            restores--; copied = 0; old = holder;
            status = z_status; holder = z_holder; items = z_items; generation = z_generation; nones = z_nones;
            ever = z_ever; refusal = z_refusal; told = z_told;
            verifying = z_verifying; looking = z_looking; waits = z_waits;
            if :: !codes_by_chance -> token = z_token :: else fi;
            z_status = 0; z_holder = 0; z_items = 0; z_generation = 0; z_nones = 0; z_token = 0;
            z_ever = 0; z_refusal = 0; z_told = 0; z_verifying = 0; z_looking = 0; z_waits = 0;
            done = 0; sold_since = 0;
            if :: ignores_codes -> excused++ :: else fi;
            s = 1;
            do
            :: s <= SLOTS ->
                /* See QUIET: a restore takes longer than a lease. */
                if :: nonatomic && phase[s] == CLAIMED -> phase[s] = AGAIN; answer[s] = UNSENT :: else fi;
                if :: memory[s] == SINCE_COPY -> memory[s] = FORGOTTEN :: else fi;
                give_back(s);
                s++
            :: else -> break
            od;
            s = 0; old = 0
        }
    od
}

proctype Monitor() {
end:
    do
    :: (promises & 1) && !(ONCE) -> assert(sold_at_most_once)
    :: (promises & 2) && !(TRULY_COMPLETED) -> assert(completed_means_sold)
    :: (promises & 4) && !(TRULY_UNSOLD) -> assert(unsold_means_unsold)
    :: (promises & 8) && !(VISIBLE) -> assert(doubt_is_visible)
    :: (promises & 16) && done && status != COMPLETED -> assert(ends_are_final)
    :: timeout ->
        if
        :: (promises & 32) && !(IS_AT_REST) -> assert(nothing_is_lost)
        :: else
        fi;
        break
    od
}

init {
    byte s = 1;
    atomic {
        c_code {
            lookup = setting("LOOKUP", 0); two_items = setting("TWO_ITEMS", 0); nonatomic = setting("NONATOMIC", 0);
            ignores_codes = setting("IGNORES_CODES", 0); flagged = setting("FLAGGED", 0);
            now.faults = setting("FAULTS", 0); now.kills = setting("KILLS", 0); now.stalls = setting("STALLS", 0);
            now.refusals = setting("REFUSALS", 0); now.keeps = setting("KEEPS", 0);
            now.partials = setting("PARTIALS", 0); now.copies = setting("COPIES", 0);
            now.repeats = setting("REPEATS", 0); now.restores = setting("RESTORES", 0);
            now.people = setting("PEOPLE", 0); now.mistakes = setting("MISTAKES", 0); now.edits = setting("EDITS", 0);
            now.cancels = setting("CANCELS", 0); now.expiries = setting("EXPIRIES", 0);
            now.flags = setting("FLAGS", 0); no_fence = setting("NO_FENCE", 0);
            sequence_fence = setting("SEQUENCE_FENCE", 0); no_write_ahead = setting("NO_WRITE_AHEAD", 0);
            codes_on_change = setting("CODES_ON_CHANGE", 0); codes_by_chance = setting("CODES_BY_CHANCE", 0);
            rescue_to_pending = setting("RESCUE_TO_PENDING", 0); no_rescue = setting("NO_RESCUE", 0);
            doubt_forgotten = setting("DOUBT_FORGOTTEN", 0); unsold_forgets = setting("UNSOLD_FORGETS", 0);
            fails_in_doubt = setting("FAILS_IN_DOUBT", 0); cancels_in_doubt = setting("CANCELS_IN_DOUBT", 0);
            taken_is_collision = setting("TAKEN_IS_COLLISION", 0);
            early_verification = setting("EARLY_VERIFICATION", 0); some_is_sold = setting("SOME_IS_SOLD", 0);
            some_is_taken = setting("SOME_IS_TAKEN", 0); some_is_no_refusal = setting("SOME_IS_NO_REFUSAL", 0);
            refusal_forgotten = setting("REFUSAL_FORGOTTEN", 0); unconfirmed = setting("UNCONFIRMED", 0);
            flag_ignored = setting("FLAG_IGNORED", 0); late_in_part = setting("LATE_IN_PART", 0);
            verifies_for_ever = setting("VERIFIES_FOR_EVER", 0); none_is_pending = setting("NONE_IS_PENDING", 0);
            promises = setting("PROMISES", 63);
        };
        items = 1 + two_items; flag = flagged;
        status = PENDING;
        do
        :: s <= SLOTS -> run Attempt(s); s++
        :: else -> s = 0; break
        od;
        run Claiming(); run Rescue(); run People(); run Restore(); run Monitor()
    }
}
