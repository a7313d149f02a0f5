package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"purse/billing/fault"
)

// The cost of a hash: OWASP's first choice for argon2id.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonLength  = 32
)

// A password has so many characters.
const (
	MinPassword = 8
	MaxPassword = 128
)

// CheckPassword says what is wrong with a new password of a user, whose id may be
// "" when there is no account yet; nil when nothing is. It must not be short, nor
// known from a breach, nor little more than what others know of its owner: the
// address, the name, the organisations, and what Purse calls itself here.
func (s *Service) CheckPassword(ctx context.Context, password string, u User) error {
	own := append([]string{u.Name}, s.OwnWords...)
	if u.ID != "" {
		ms, err := s.Memberships(ctx, u.ID)
		if err != nil {
			return err
		}
		for _, m := range ms {
			own = append(own, m.Customer.Name)
		}
	}
	return checkPassword(password, u.Email, own, s.Breached)
}

func checkPassword(password, email string, own []string, breached func(string) bool) error {
	n := utf8.RuneCountInString(password)
	local, domain, _ := strings.Cut(email, "@")
	switch {
	case !utf8.ValidString(password) || n < MinPassword || n > MaxPassword:
		return fault.New(fault.Invalid, "password_length", "password", "Choose a password of %d to %d characters.", MinPassword, MaxPassword)
	case (breached != nil && breached(password)) || oneCharacter(password):
		return fault.New(fault.Invalid, "password_breached", "password", "This password is on lists of stolen passwords: choose another one.")
	case email != "" && (strings.EqualFold(password, email) || strings.EqualFold(password, local)):
		return fault.New(fault.Invalid, "password_is_email", "password", "Choose a password that is not your e-mail address.")
	case littleMore(password, append(own, local, domain)):
		return fault.New(fault.Invalid, "password_own_words", "password",
			"This password is little more than your address, your name, your organisation's or ours: others would try that first.")
	}
	return nil
}

// leastBeside is how many letters and digits a password has beside its owner's
// words, and leastWord how many a word has that is looked for.
const (
	leastBeside = 6
	leastWord   = 4
)

// littleMore says whether next to nothing is left of a password without its owner's
// words. Only letters and digits count.
func littleMore(password string, own []string) bool {
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				return -1
			}
			return unicode.ToLower(r)
		}, s)
	}
	var words []string
	for _, phrase := range own {
		words = append(words, plain(phrase))
		for _, word := range strings.FieldsFunc(phrase, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			words = append(words, plain(word))
		}
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) }) // longer ones contain shorter ones
	left, found := plain(password), false
	for _, word := range words {
		if utf8.RuneCountInString(word) >= leastWord && strings.Contains(left, word) {
			left, found = strings.ReplaceAll(left, word, ""), true
		}
	}
	return found && utf8.RuneCountInString(left) < leastBeside
}

func oneCharacter(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return strings.Trim(s, string(first)) == ""
}

// hasher hashes passwords, a few at a time: each takes 19 MiB and tens of
// milliseconds of a processor. Half of the processors stay free for everything
// else, and whoever would have to wait long is sent away at once.
type hasher struct {
	slots   chan struct{}
	waiting atomic.Int64
	dummy   string // verified for addresses that nobody has, to take the same time
}

// hashQueue is how many wait for each hash that is made, at most: about a second of
// work. Who holds something that strangers do not (a session, a link, a browser that
// is known) may wait behind as many again.
const hashQueue = 24

var errBusy = fault.New(fault.Unavailable, "busy", "", "Too many people sign in at the moment. Try again in a few seconds.")

func (h *hasher) init() {
	h.slots = make(chan struct{}, max(1, runtime.NumCPU()/2))
	var salt [16]byte
	_, _ = rand.Read(salt[:])
	h.dummy = encodeHash(salt[:], make([]byte, argonLength))
}

func (h *hasher) take(ctx context.Context, stranger bool) error {
	most := int64(2 * cap(h.slots) * hashQueue)
	if stranger {
		most /= 2
	}
	if h.waiting.Add(1) > most {
		h.waiting.Add(-1)
		return errBusy
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errBusy
	}
}

// hash makes the text that is stored for a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.take(ctx, false); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	var salt [16]byte
	_, _ = rand.Read(salt[:])
	return encodeHash(salt[:], argon2.IDKey([]byte(password), salt[:], argonTime, argonMemory, argonThreads, argonLength)), nil
}

// verify says whether password belongs to stored; "" stands for nobody's and
// takes as long. A stranger is sent away before others.
func (h *hasher) verify(ctx context.Context, stored, password string, stranger bool) (bool, error) {
	known := stored != ""
	if !known {
		stored = h.dummy
	}
	var memory, time uint32
	var threads uint8
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, fmt.Errorf("account: a stored password hash is damaged")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return false, fmt.Errorf("account: a stored password hash is damaged: %w", err)
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) == 0 {
		return false, fmt.Errorf("account: a stored password hash is damaged")
	}
	if err := h.take(ctx, stranger); err != nil {
		return false, err
	}
	defer func() { <-h.slots }()
	got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

func encodeHash(salt, key []byte) string {
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		e.EncodeToString(salt), e.EncodeToString(key))
}
