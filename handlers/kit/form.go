package kit

import (
	"net/http"
	"strings"

	"purse/billing/fault"
	"purse/billing/money"
	"purse/views/ui"
)

const maxForm = 64 << 10

// Form is a form that was sent. It keeps what was typed, so that a page that
// refuses it shows it again.
type Form struct {
	ui.Form
	labels map[string]string
	status int
}

// ReadForm reads a form of at most 64 KiB. Labels name its fields for the list
// of errors; fields that are not named there are kept too. Passwords are never
// shown again: templates leave them out.
func ReadForm(w http.ResponseWriter, r *http.Request, labels map[string]string) (*Form, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, fault.New(fault.Invalid, "form", "", "The form could not be read: it is broken or too large.")
	}
	f := &Form{Form: ui.Form{Values: map[string]string{}}, labels: labels, status: http.StatusUnprocessableEntity}
	for name, values := range r.PostForm {
		if len(values) > 0 {
			f.Values[name] = strings.ToValidUTF8(values[0], "\uFFFD")
		}
	}
	return f, nil
}

// Label names the fields for the list of errors, where they are known only after
// reading.
func (f *Form) Label(labels map[string]string) { f.labels = labels }

// Text is a field without the spaces around it.
func (f *Form) Text(name string) string { return strings.TrimSpace(f.Values[name]) }

// Checked says whether a box was ticked.
func (f *Form) Checked(name string) bool { return f.Values[name] != "" }

// Fail says what is wrong with a field, "" for the form as a whole.
func (f *Form) Fail(name, text string) {
	f.Errors = append(f.Errors, ui.FieldError{Field: name, Label: f.labels[name], Text: text})
}

// Require answers a field that must not be empty.
func (f *Form) Require(name, text string) string {
	v := f.Text(name)
	if v == "" {
		f.Fail(name, text)
	}
	return v
}

// Credits reads an amount of credits; people may group thousands with commas.
func (f *Form) Credits(name string) money.Credits {
	s := strings.ReplaceAll(f.Text(name), ",", "")
	c, err := money.ParseCredits(s)
	if err != nil {
		f.Fail(name, "This "+err.Error()+".")
	}
	return c
}

// Take puts a refusal into the form, beside the field that it names. What is
// not for the person to correct is answered as it is.
func (f *Form) Take(err error) error {
	if err == nil {
		return nil
	}
	e, ok := fault.As(err)
	if !ok {
		return err
	}
	switch e.Kind {
	case fault.Invalid, fault.Conflict, fault.NoCredits, fault.TooMany, fault.Unavailable:
	case fault.Unauthorized: // a wrong password is the form's business
	default:
		return err
	}
	f.status = Status(e.Kind)
	if _, known := f.labels[e.Param]; known {
		f.Fail(e.Param, e.Detail)
	} else {
		f.Fail("", e.Detail)
	}
	return nil
}

// Status is what to answer with a form that was refused.
func (f *Form) Status() int {
	if !f.Failed() {
		return http.StatusOK
	}
	return f.status
}
