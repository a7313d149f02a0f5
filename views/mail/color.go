package mail

import (
	"math"
	"strconv"
)

// ValidColor says whether s is "#rrggbb".
func ValidColor(s string) bool {
	if len(s) != 7 || s[0] != '#' {
		return false
	}
	_, err := strconv.ParseUint(s[1:], 16, 32)
	return err == nil
}

// ButtonColors are the styles of a button in the vendor's colour, with letters
// that can be read on it; "" where there is no such colour.
func ButtonColors(color string) string {
	if !ValidColor(color) {
		return ""
	}
	n, _ := strconv.ParseUint(color[1:], 16, 32) // it is valid
	letters := "#ffffff"
	if lightness(n) > 0.179 { // where black has more contrast than white (WCAG)
		letters = "#000000"
	}
	return "background-color:" + color + ";color:" + letters
}

// lightness is the relative luminance of WCAG 2.
func lightness(rgb uint64) float64 {
	part := func(c uint64) float64 {
		v := float64(c&0xff) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*part(rgb>>16) + 0.7152*part(rgb>>8) + 0.0722*part(rgb)
}
