package doctor_test

import (
	"path/filepath"

	"countersign/audit"
	"countersign/cmd/countersign/doctor"
	"countersign/store"
	"countersign/store/storetest"
)

const apiName = "api.example"

// api runs an API with this configuration: as itself where it has a subject.
func api(subject, key string) func(*world) {
	return func(w *world) {
		w.app.Config.API.TokensFile = w.write("tokens", "x")
		w.app.Config.API.APISubject, w.app.Config.API.APISigningKey = subject, key
	}
}

// trail makes the trail of the configuration and changes it.
func trail(change func(*world, *store.Trail)) func(*world) {
	return func(w *world) {
		w.t.Helper()
		tr := storetest.TrailOn(w.t, w.app.Config.Trail.Database, now)
		if change != nil {
			change(w, tr)
		}
	}
}

// enrolled enrols a key of the API, and ends it if it should be.
func enrolled(ended bool) func(*world) {
	return trail(func(w *world, tr *store.Trail) {
		e, err := tr.Enrol(w.t.Context(), audit.RecordKey, apiName, storetest.Key("api"), "ana")
		if err == nil && ended {
			_, err = tr.EndKey(w.t.Context(), audit.KeyID(storetest.Key("api").Public()), audit.KeyRetired, 0, "turned", "ana")
		}
		if err != nil {
			w.t.Fatal(e, err)
		}
	})
}

// halted halts a scope, and then meddles with the table.
func halted(meddle string) func(*world) {
	return trail(func(w *world, tr *store.Trail) {
		d := audit.Draft{Key: "halt", Type: audit.ControlHalted, Body: audit.Control{Scope: "wallet/wa-1", By: "ana"}}
		_, err := tr.Halt(w.t.Context(), d, "wallet/wa-1")
		if err == nil && meddle != "" {
			_, err = tr.DB.SQL().ExecContext(w.t.Context(), meddle)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	})
}

// database says where records are, and where the API reads.
func database(write, read string) func(*world) {
	return func(w *world) { w.app.Config.Trail.Database, w.app.Config.API.APIDatabase = write, read }
}

var trailRows = []row{
	{"no API", "api.identity", func(*world) {}, doctor.OK, "runs no API"},
	{"the service account's key", "api.identity", api("", ""), doctor.Warning, "signs with the key of the service account us-bot"},
	{"half an identity", "api.identity", api(apiName, ""), doctor.Failed, "without the other"},
	{"the service account's name", "api.identity", api("us-bot", "file:/elsewhere"), doctor.Failed, "us-bot"},
	{"its own, before there is a trail", "api.identity", api(apiName, "file:/elsewhere"), doctor.OK, "no trail yet"},
	{"its own, not enrolled", "api.identity", both(api(apiName, "file:/elsewhere"), trail(nil)), doctor.Failed, "no key is enrolled for " + apiName},
	{"its own, ended", "api.identity", both(api(apiName, "file:/elsewhere"), enrolled(true)), doctor.Failed, "no key is enrolled for " + apiName},
	{"its own", "api.identity", both(api(apiName, "file:/elsewhere"), enrolled(false)), doctor.OK, audit.KeyID(storetest.Key("api").Public())},
	{"a trail that is none", "api.identity", both(api(apiName, "file:/elsewhere"), func(w *world) { w.write("trail.db", "no database at all, and long enough to be read as one") }), doctor.Unknown, "cannot be read"},

	{"no API", "api.reader", func(*world) {}, doctor.OK, "runs no API"},
	{"a file", "api.reader", api("", ""), doctor.OK, "file"},
	{"the writer's login", "api.reader", both(api("", ""), database("postgres://writer@db/x", "")), doctor.Warning, "COUNTERSIGN_API_DATABASE"},
	{"the writer's login, twice", "api.reader", both(api("", ""), database("postgres://writer@db/x", "postgres://writer@db/x")), doctor.Warning, "COUNTERSIGN_API_DATABASE"},
	{"a login of its own", "api.reader", both(api("", ""), database("postgres://writer@db/x", "postgres://reader@db/x")), doctor.OK, ""},

	{"no trail", "trail.halts", func(*world) {}, doctor.OK, "no trail yet"},
	{"nothing halted", "trail.halts", trail(nil), doctor.OK, ""},
	{"halted", "trail.halts", halted(""), doctor.OK, ""},
	{"a row that was taken away", "trail.halts", halted("DELETE FROM halts"), doctor.Failed, "wallet/wa-1: halted by the record halt, and not in the table"},
	{"a row that nobody has signed", "trail.halts", halted("INSERT INTO halts (scope, record_key, since) VALUES ('all', 'x', 0)"), doctor.Failed, "all: in the table"},
	{"a database that is away", "trail.halts", func(w *world) { w.app.Config.Trail.Database = filepath.Join(w.dir, "key.pem") }, doctor.Unknown, "cannot be read"},
}
