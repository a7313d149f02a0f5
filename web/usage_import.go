package main

import (
	"context"
	"os"

	"github.com/alecthomas/kong"

	"purse/web/importer"
)

type usageCommands struct {
	Import usageImportCommand `cmd:"" help:"Meter the rows of a CSV file through the API. It can be interrupted and run again: nothing is charged twice."`
}

type usageImportCommand struct {
	File           string   `arg:"" help:"A CSV file with the names of its columns, packed with gzip or not; - for the standard input."`
	URL            string   `help:"Where Purse is." default:"http://127.0.0.1:8080" env:"PURSE_PUBLIC_URL"`
	Key            string   `help:"A key with the scopes usage and admin: what is imported may be old." required:"" env:"PURSE_KEY"`
	Preset         string   `help:"The export that it is: ${presets}. Other flags change what it says."`
	Customer       string   `help:"Whose usage it is: an id, or ext:your-own-id."`
	CustomerColumn string   `help:"The column that says whose it is: an id, ext: and your own, or your own as it is; what names nobody as an id is looked up as your own."`
	Event          string   `help:"The name of the event that each row is." required:""`
	Time           string   `help:"The column with the time."`
	TimeFormat     string   `help:"How the time is written, where that cannot be seen: M/D/YYYY, YYYY-MM-DD HH:mm:ss, epoch, epoch-ms, or a layout of Go."`
	Zone           string   `help:"The time zone of times that name none, and of the days of a dry run." default:"UTC"`
	Property       pairs    `help:"property=Column, as often as needed." placeholder:"property=Column"`
	Set            pairs    `help:"property=value, the same for each row." placeholder:"property=value"`
	Default        pairs    `help:"Column=value, where the cell is blank." placeholder:"Column=value"`
	SkipBlank      bool     `help:"Leave out, and count, rows in which a cell that is needed is blank."`
	Null           []string `help:"A text that stands for a blank cell, such as NULL." sep:"none"`
	Where          []string `help:"Only rows with Column=value, Column=value|value or Column!=value." sep:"none"`
	ID             string   `name:"id" help:"The column with the event's id. Without it, an id is made of what the row says."`
	IDs            string   `name:"ids" help:"content makes ids of what rows say, also where a preset knows a column; row of the file's name and the row's number, to go on with an import of an earlier release." enum:",content,row" default:""`
	Caller         string   `help:"The column with the caller."`
	Delimiter      string   `help:"What stands between cells, where that cannot be seen: a character, or tab."`
	Decimal        string   `help:"What stands before decimals: . or , (a point where nothing is said; what could be read in two ways is shown)."`
	LastLine       string   `help:"What becomes of the last line of a file that does not end, for it may be half written: take it, as of an export that is whole, or leave it for the next run, as of a file that grows. Without this it is left, named, and the command ends with an error. Of pipes and packed files it is always taken." enum:",leave,take" default:""`
	Batch          int      `help:"Rows in one request." default:"200"`
	MaxRefused     int      `help:"End after so many refused rows; 0 for never." default:"100"`
	DryRun         bool     `help:"Book nothing; show what would be booked, per customer, meter and day."`
}

// pairs are what a flag says that may be given often, once of each name.
type pairs map[string]string

// Decode reads one name=value.
func (p *pairs) Decode(ctx *kong.DecodeContext) error {
	if *p == nil {
		*p = pairs{}
	}
	return eachPair(ctx, "", func(name, value string) error { return once(*p, name, value) })
}

// Run imports the file.
func (c *usageImportCommand) Run(ctx context.Context) error {
	return importer.Run(ctx, importer.Options{
		File: c.File, Preset: c.Preset, Customer: c.Customer, CustomerColumn: c.CustomerColumn, Event: c.Event, Time: c.Time, TimeFormat: c.TimeFormat, Zone: c.Zone,
		Property: c.Property, Set: c.Set, Default: c.Default, ID: c.ID, IDs: c.IDs, Caller: c.Caller, Where: c.Where, Null: c.Null, SkipBlank: c.SkipBlank,
		Delimiter: c.Delimiter, Decimal: c.Decimal, LastLine: c.LastLine, Batch: c.Batch, MaxRefused: c.MaxRefused, DryRun: c.DryRun,
	}, newClient(c.URL, c.Key), os.Stdout, os.Stderr)
}
