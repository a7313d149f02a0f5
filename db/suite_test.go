package db_test

import (
	"testing"

	"purse/db/dbtest"
)

func TestSuite(t *testing.T) { dbtest.Run(t, sqlite{}) }
