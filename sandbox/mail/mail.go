// Package mail is the post of the organisation: the messages that DFNS would send to its
// users, each with a code that proves that who enters it reads the user's mail. Nothing is
// sent: the messages lie here, for the control API to show.
//
// A user has one code of a kind at a time. It serves once, until it expires.
package mail

import (
	"crypto/subtle"
	"errors"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// The kinds of messages.
const (
	Registration = "Registration"
	Login        = "Login"
	Recovery     = "Recovery"
)

// lives are how long the codes serve. DFNS publishes no figure: a week leaves a new colleague
// his holiday, and who logs in or recovers sits at his screen.
var lives = map[string]time.Duration{Registration: 7 * 24 * time.Hour, Login: 15 * time.Minute, Recovery: 15 * time.Minute}

// Kinds of stored objects.
const (
	kindMessage = "mail"
	kindCode    = "mail-code" // of a user and a kind

	all = "all" // the parent of messages
)

var (
	// ErrWrong means that a code is not the user's, or no longer.
	ErrWrong = errors.New("wrong code; ask for a new one")
	// ErrExpired means that it is, and came too late.
	ErrExpired = errors.New("expired code; ask for a new one")
)

// Message is one message.
type Message struct {
	ID      string    `json:"id"`
	To      string    `json:"to"` // a username
	Kind    string    `json:"kind"`
	Code    string    `json:"code"`
	Date    dfns.Time `json:"date"`
	Expires dfns.Time `json:"expires"`
}

// Send posts a message with a fresh code to a user, in place of a former one of the kind.
func Send(tx *store.Tx, now time.Time, userID, username, kind string) error {
	m := Message{ID: dfns.NewID("mail"), To: username, Kind: kind, Code: dfns.NewID("code"), Date: dfns.At(now), Expires: dfns.At(now.Add(lives[kind]))}
	return errors.Join(
		store.Put(tx, store.Object{Kind: kindMessage, ID: m.ID, Parent: all}, m),
		store.Put(tx, store.Object{Kind: kindCode, ID: userID + "/" + kind}, m),
	)
}

// Enter spends a user's code, or fails with [ErrWrong] or [ErrExpired].
func Enter(tx *store.Tx, now time.Time, userID, kind, code string) error {
	m, err := store.Get[Message](tx, kindCode, userID+"/"+kind)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && subtle.ConstantTimeCompare([]byte(m.Code), []byte(code)) != 1:
		return ErrWrong
	case err != nil:
		return err
	case !now.Before(m.Expires.Time):
		return ErrExpired
	}
	return store.Delete(tx, kindCode, userID+"/"+kind)
}

// Messages returns what was posted to a username or, when it is "", to all; oldest first.
func Messages(tx *store.Tx, to string) ([]Message, error) {
	found, _, err := store.List(tx, kindMessage, all, store.Page{}, func(m Message) bool { return to == "" || m.To == to })
	return found, err
}
