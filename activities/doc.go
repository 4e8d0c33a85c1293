// Package activities is how things happen: reading the custodian, deciding,
// posting, recording. Workflows say in which order.
//
// Every activity here may run twice: its worker may die after the effect and
// before the answer, and Temporal will ask again. So each effect has a name that
// comes from the business and not from the attempt (a record key, an approval's ID
// and an approver), and asking twice is asking once.
//
// The package declares the interfaces that it needs; adapters (custody/dfns,
// store) satisfy them and do not know each other.
package activities
