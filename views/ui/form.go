package ui

// Form is what a form shows: what was typed and what is wrong with it. The
// zero Form is an untouched one.
type Form struct {
	Values map[string]string // by name of field
	Errors []FieldError
}

// FieldError is a sentence about one field, or about the whole form when Field
// is "".
type FieldError struct {
	Field string // name of the field
	Label string // as the page calls it
	Text  string
}

// Value is what was typed into a field.
func (f Form) Value(name string) string { return f.Values[name] }

// Or is what was typed into a field, or the given default in a form that has
// not been sent yet.
func (f Form) Or(name, otherwise string) string {
	if v, ok := f.Values[name]; ok {
		return v
	}
	return otherwise
}

// Error is what is wrong with a field, "" when nothing is.
func (f Form) Error(name string) string {
	for _, e := range f.Errors {
		if e.Field == name {
			return e.Text
		}
	}
	return ""
}

// Failed says whether the form was refused.
func (f Form) Failed() bool { return len(f.Errors) > 0 }

// Field is one input of a form.
type Field struct {
	Name         string
	Label        string
	Type         string // text when empty
	Hint         string
	Value        string // shown when nothing was typed yet
	Autocomplete string
	Placeholder  string
	InputMode    string
	Suffix       string // a unit after the input
	MaxLength    int
	Required     bool
	Optional     bool // says "(optional)" in the label
	Zone         bool // of a Select: choose the browser's time zone at first
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

func (f Field) describedBy(form Form) string {
	s := ""
	if f.Hint != "" {
		s = f.Name + "-hint"
	}
	if form.Error(f.Name) != "" {
		if s != "" {
			s += " "
		}
		s += f.Name + "-error"
	}
	return s
}

// Option is one choice of a Select.
type Option struct {
	Value, Text string
}
