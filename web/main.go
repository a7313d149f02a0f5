// Command purse is Purse: the portal, the admin console, the API and the
// callbacks for Stripe in one program, and the commands beside it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"purse/billing/fault"
	"purse/web/importer"
)

// commands is the command line. Each command is a file of its own.
type commands struct {
	LogLevel string `help:"Least level of the log: debug, info, warn or error." default:"info" enum:"debug,info,warn,error" env:"PURSE_LOG_LEVEL"`

	Serve     serveCommand     `cmd:"" help:"Run Purse."`
	Demo      demoCommand      `cmd:"" help:"Run Purse with the Stripe sandbox, demo data and usage that flows in. No money moves."`
	Key       keyCommands      `cmd:"" help:"API keys."`
	Admin     adminCommands    `cmd:"" help:"People who run this Purse."`
	Usage     usageCommands    `cmd:"" help:"Usage, as a client of the API."`
	Verify    verifyCommand    `cmd:"" help:"Recompute every wallet and grant from the entries."`
	Reconcile reconcileCommand `cmd:"" help:"Compare with Stripe now what is compared every ten minutes."`
	Report    reportCommand    `cmd:"" help:"Print the report of a day or month: Stripe's money against the ledger."`
	Stripe    stripeCommands   `cmd:"" help:"Set up and check Stripe."`
	Backup    backupCommand    `cmd:"" help:"Copy the database, also beside a running server."`
	Restore   restoreCommand   `cmd:"" help:"Put a backup in the place of the database."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
	Health    healthCommand    `cmd:"" hidden:"" help:"Ask a running server whether it is ready; for container health checks."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err == nil {
		return
	}
	var code exitCode
	if errors.As(err, &code) {
		os.Exit(int(code))
	}
	fmt.Fprintln(os.Stderr, "purse:", sentence(err))
	os.Exit(1)
}

// sentence is what an error says to a person at a terminal, who has filled in no
// parameters.
func sentence(err error) string {
	if f, ok := fault.As(err); ok && f.Error() == err.Error() { // else what wraps it says more
		return f.Detail
	}
	return err.Error()
}

// exitCode ends the program with a code; what is to be said has been said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

func run(ctx context.Context, args []string) error {
	if err := secretsFromFiles(os.Environ(), os.Setenv); err != nil {
		return err
	}
	var c commands
	parser, err := kong.New(&c, kong.Name("purse"), kong.UsageOnError(),
		kong.Description("Prepaid credits for your API or SaaS product: a portal for your customers, a ledger you can trust."),
		kong.Vars{"presets": strings.Join(importer.Presets(), ", ")},
		kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		return err
	}
	k, err := parser.Parse(args)
	if err != nil {
		var usage *kong.ParseError
		if errors.As(err, &usage) {
			_ = usage.Context.PrintUsage(true)
		}
		return err
	}
	k.Bind(newLogger(c.LogLevel))
	return k.Run()
}

func newLogger(level string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // kong has checked it
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: l}))
}
