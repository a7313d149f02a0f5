package notify

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// Keeper seals secrets that have to be read again, such as those that webhooks
// are signed with, under a key that is not in the database. It is AES-256-GCM;
// what is sealed is bound to whose it is.
type Keeper struct {
	aeads []cipher.AEAD // the first seals, all open
}

// ErrSealed says that a secret cannot be opened with the keys that are there.
var ErrSealed = errors.New("sealed under another key")

const sealedPrefix = "v1."

// NewKeeper makes a keeper of keys. Several, with commas between them, are for
// changing the key: the first seals, the others still open. Each has at least 32
// characters.
func NewKeeper(keys string) (*Keeper, error) {
	k := &Keeper{}
	for key := range strings.SplitSeq(keys, ",") {
		key = strings.TrimSpace(key)
		if !random(key) {
			return nil, errors.New("this is no key: one has at least 32 random characters without spaces, such as those of `openssl rand -base64 32`")
		}
		sum := sha256.Sum256([]byte(key))
		block, err := aes.NewCipher(sum[:])
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		k.aeads = append(k.aeads, aead)
	}
	return k, nil
}

// random says whether a key could be: long, of many characters, and neither a
// sentence, nor something short over and over, nor the alphabet.
func random(key string) bool {
	seen, steps := map[byte]bool{}, 0
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
		seen[key[i]] = true
		if i > 0 && (key[i] == key[i-1] || key[i] == key[i-1]+1 || key[i] == key[i-1]-1) {
			steps++
		}
	}
	if len(key) < 32 || len(seen) < 8 || steps > len(key)*2/3 {
		return false
	}
	for period := 1; period <= len(key)/2; period++ {
		if key[period:] == key[:len(key)-period] {
			return false
		}
	}
	return true
}

// Seal seals a secret of an object.
func (k *Keeper) Seal(object, secret string) string {
	nonce := make([]byte, k.aeads[0].NonceSize())
	_, _ = rand.Read(nonce)
	return sealedPrefix + base64.RawStdEncoding.EncodeToString(k.aeads[0].Seal(nonce, nonce, []byte(secret), []byte(object)))
}

// Open reads what Seal wrote for the same object.
func (k *Keeper) Open(object, sealed string) (string, error) {
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimPrefix(sealed, sealedPrefix))
	if err != nil || !strings.HasPrefix(sealed, sealedPrefix) {
		return "", ErrSealed
	}
	for _, a := range k.aeads {
		if len(raw) < a.NonceSize() {
			break
		}
		if plain, err := a.Open(nil, raw[:a.NonceSize()], raw[a.NonceSize():], []byte(object)); err == nil {
			return string(plain), nil
		}
	}
	return "", ErrSealed
}
