package api

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// appendMeaning writes a value in one way, whatever request it was read from:
// instants in UTC, maps in order, and of a struct only the fields that say
// something, so that a field of a later release changes nothing of what was
// recorded before. A pointer says something even when it points to nothing much.
func appendMeaning(b []byte, v any) []byte {
	if v == nil {
		return b
	}
	return appendValue(b, reflect.ValueOf(v))
}

func appendValue(b []byte, v reflect.Value) []byte {
	if at, ok := v.Interface().(time.Time); ok {
		return strconv.AppendInt(append(b, '@'), at.UnixMicro(), 10)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return appendValue(b, v.Elem())
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.Int, reflect.Int64, reflect.Int32:
		return strconv.AppendInt(append(b, '#'), v.Int(), 10)
	case reflect.Slice:
		b = append(b, '[')
		for i := range v.Len() {
			b = append(appendValue(b, v.Index(i)), ',')
		}
		return append(b, ']')
	case reflect.Map:
		return appendMap(b, v)
	case reflect.Struct:
		b = append(b, '{')
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || empty(v.Field(i)) {
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" {
				name = f.Name
			}
			b = append(appendValue(appendText(b, name), v.Field(i)), ',')
		}
		return append(b, '}')
	default:
		return appendText(b, v.String())
	}
}

// appendMap writes a map of texts in the order of its keys.
func appendMap(b []byte, v reflect.Value) []byte {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(x, y reflect.Value) int { return bytes.Compare([]byte(x.String()), []byte(y.String())) })
	b = append(b, '<')
	for _, k := range keys {
		b = appendValue(appendText(b, k.String()), v.MapIndex(k))
	}
	return append(b, '>')
}

// empty says whether a field says nothing.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	default:
		return v.IsZero()
	}
}

func appendText(b []byte, s string) []byte {
	return append(append(binary.AppendUvarint(append(b, '"'), uint64(len(s))), ':'), s...)
}
