// Package static embeds the style sheet, the scripts and the icons, and serves
// them under addresses that contain a hash of their content, so that browsers
// may keep them for ever.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed *.css *.js *.svg
var files embed.FS

// Breached is a filter of the 100,000 most common breached passwords of at least 8
// characters, as account.NewBreached takes it. src/breached.mjs makes it.
//
//go:embed breached.bin
var Breached []byte

// Prefix is the path below which Handler expects to be mounted.
const Prefix = "/static/"

type asset struct {
	body    []byte
	gzipped []byte // nil when compression does not make it smaller
	kind    string // Content-Type
	url     string
}

var (
	byName = map[string]*asset{}
	byPath = map[string]*asset{}
)

func init() {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic("static: " + err.Error())
	}
	for _, e := range entries {
		body, err := files.ReadFile(e.Name())
		if err != nil {
			panic("static: " + err.Error())
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(e.Name())
		a := &asset{
			body:    body,
			gzipped: compress(body),
			kind:    mime.TypeByExtension(ext),
			url:     Prefix + strings.TrimSuffix(e.Name(), ext) + "-" + hex.EncodeToString(sum[:6]) + ext,
		}
		byName[e.Name()], byPath[a.url] = a, a
	}
}

// URL is the address of an embedded file, with the hash of its content. It
// panics for a file that is not embedded: that is a mistake in a template.
func URL(name string) string {
	a, ok := byName[name]
	if !ok {
		panic("static: no file named " + name)
	}
	return a.url
}

// Size is the number of bytes of a file as it travels: compressed where that
// is smaller. Tests hold the weight of pages down with it.
func Size(name string) int {
	a := byName[name]
	if a == nil {
		return 0
	}
	if a.gzipped != nil {
		return len(a.gzipped)
	}
	return len(a.body)
}

// Handler serves the embedded files at the addresses that URL answers, and
// 404 for everything else.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := byPath[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		body := a.body
		if a.gzipped != nil {
			h.Set("Vary", "Accept-Encoding")
			if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				h.Set("Content-Encoding", "gzip")
				body = a.gzipped
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(body)
		}
	})
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic("static: " + err.Error())
	}
	_, _ = z.Write(body)
	_ = z.Close()
	if b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}
