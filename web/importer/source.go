package importer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// source is a file as text in UTF-8: unpacked, and without a byte order mark.
type source struct {
	text     *bufio.Reader
	encoding string
	packed   bool
	size     int64 // 0 where nobody knows
	read     int64
	grows    bool // a file that somebody may be writing: no pipe, and not packed
	close    func()
}

// counted counts what was read of the file.
type counted struct {
	io.Reader
	n *int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	*c.n += int64(n)
	return n, err
}

func open(path string) (*source, error) {
	s := &source{close: func() {}, encoding: "UTF-8"}
	f := os.Stdin
	if path != "-" {
		var err error
		if f, err = os.Open(path); err != nil {
			return nil, err
		}
		s.close = func() { _ = f.Close() }
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		s.size, s.grows = info.Size(), true
	}
	if err := s.decode(path, counted{f, &s.read}); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *source) decode(path string, r io.Reader) error {
	in := bufio.NewReaderSize(r, 1<<16)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("%s is packed and cannot be unpacked: %w", path, err)
		}
		in, s.packed, s.grows = bufio.NewReaderSize(z, 1<<16), true, false
	}
	start, err := in.Peek(4)
	if len(start) == 0 {
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s cannot be read: %w", path, err)
		}
		return fmt.Errorf("%s is empty: it needs a line with the names of the columns", path)
	}
	switch {
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return fmt.Errorf("%s is a ZIP archive or a workbook: unpack it, or save the sheet as CSV", path)
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		_, _ = in.Discard(3)
	case bytes.HasPrefix(start, []byte{0xff, 0xfe}), bytes.HasPrefix(start, []byte{0xfe, 0xff}):
		s.encoding = "UTF-16"
		in = bufio.NewReaderSize(transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()), 1<<16)
	case len(start) == 4 && start[0] != 0 && start[1] == 0 && start[2] != 0 && start[3] == 0:
		s.encoding = "UTF-16"
		in = bufio.NewReaderSize(transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder()), 1<<16)
	case len(start) == 4 && start[0] == 0 && start[1] != 0 && start[2] == 0 && start[3] != 0:
		s.encoding = "UTF-16"
		in = bufio.NewReaderSize(transform.NewReader(in, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder()), 1<<16)
	}
	s.text = in
	return nil
}
