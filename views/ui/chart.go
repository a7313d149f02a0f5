package ui

import (
	"fmt"
	"math"
	"strings"
	"time"

	"purse/billing/money"
)

// Point is one value of a chart.
type Point struct {
	At    time.Time
	Value money.Credits
}

// Chart is the balance at the end of each period and what was used in it. Both
// series have the same times; either may be empty.
type Chart struct {
	Name    string // "Last 30 days"
	Balance []Point
	Used    []Point
	Zone    *time.Location
	Unit    Unit
	Hourly  bool // label with hours instead of days
}

func (c Chart) label(t time.Time) string {
	if c.Hourly {
		return in(t, c.Zone).Format("2 Jan 15:04")
	}
	return DayShort(t, c.Zone)
}

func (c Chart) labelLong(t time.Time) string {
	if c.Hourly {
		return Time(t, c.Zone)
	}
	return Day(t, c.Zone)
}

// axis answers the first, the middle and the last label.
func (c Chart) axis() []string {
	p := c.Balance
	if len(p) == 0 {
		p = c.Used
	}
	switch len(p) {
	case 0:
		return nil
	case 1:
		return []string{c.label(p[0].At)}
	case 2:
		return []string{c.label(p[0].At), c.label(p[1].At)}
	}
	return []string{c.label(p[0].At), c.label(p[len(p)/2].At), c.label(p[len(p)-1].At)}
}

// scale is the value range of a series, rounded outwards to a figure that
// reads well, zero included.
type scale struct{ low, high money.Credits }

func scaleOf(points []Point) scale {
	var s scale
	for _, p := range points {
		s.low, s.high = min(s.low, p.Value), max(s.high, p.Value)
	}
	if s.high == 0 && s.low == 0 {
		s.high = money.Micro
	}
	s.high = nice(s.high)
	if s.low < 0 {
		s.low = -nice(-s.low)
	}
	return s
}

// nice rounds up to 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 or 10 times a power of ten.
func nice(c money.Credits) money.Credits {
	if c <= 0 {
		return 0
	}
	pow := money.Credits(1)
	for pow <= c/10 {
		pow *= 10
	}
	for _, tenths := range []money.Credits{10, 15, 20, 25, 30, 40, 50, 60, 80, 100} {
		if pow >= 10 && c <= pow/10*tenths || pow < 10 && c*10 <= pow*tenths {
			return max(pow*tenths/10, 1)
		}
	}
	return c
}

const (
	chartWidth  = 1000
	chartHeight = 100
)

// y is the height of a value in the drawing, from above.
func (s scale) y(v money.Credits) float64 {
	span := float64(s.high) - float64(s.low) // drawing only: no amount is made from it
	return math.Round((float64(s.high)-float64(v))/span*chartHeight*100) / 100
}

// stepPath is a line that changes in steps, as balances do, and area closes it
// at zero.
func stepPath(points []Point, s scale, closed bool) string {
	if len(points) == 0 {
		return ""
	}
	var b strings.Builder
	step := float64(chartWidth) / float64(len(points))
	for i, p := range points {
		x0, x1, y := step*float64(i), step*float64(i+1), s.y(p.Value)
		if i == 0 {
			fmt.Fprintf(&b, "M%.1f %.2f", x0, y)
		} else {
			fmt.Fprintf(&b, "V%.2f", y)
		}
		fmt.Fprintf(&b, "H%.1f", x1)
	}
	if closed {
		fmt.Fprintf(&b, "V%.2fH0Z", s.y(0))
	}
	return b.String()
}

type barBox struct {
	x, y, width, height, title string
}

func (c Chart) bars() []barBox {
	s := scaleOf(c.Used)
	var out []barBox
	if len(c.Used) == 0 {
		return nil
	}
	step := float64(chartWidth) / float64(len(c.Used))
	gap := math.Min(step*0.22, 4)
	for i, p := range c.Used {
		h := float64(chartHeight) - s.y(p.Value)
		if p.Value > 0 && h < 1.5 {
			h = 1.5
		}
		out = append(out, barBox{
			x: fmt.Sprintf("%.1f", step*float64(i)+gap/2), y: fmt.Sprintf("%.2f", chartHeight-h),
			width: fmt.Sprintf("%.1f", step-gap), height: fmt.Sprintf("%.2f", h),
			title: c.labelLong(p.At) + ": " + c.Unit.Amount(p.Value) + " used",
		})
	}
	return out
}

func (c Chart) balanceTitle() string {
	if len(c.Balance) == 0 {
		return ""
	}
	first, last := c.Balance[0], c.Balance[len(c.Balance)-1]
	return fmt.Sprintf("Balance from %s to %s: %s at the start, %s at the end",
		c.labelLong(first.At), c.labelLong(last.At), c.Unit.Round(first.Value), c.Unit.Round(last.Value))
}

func (c Chart) usedTitle() string {
	var sum money.Credits
	for _, p := range c.Used {
		if s, err := sum.Add(p.Value); err == nil {
			sum = s
		}
	}
	return "Used in this time: " + c.Unit.Round(sum)
}
