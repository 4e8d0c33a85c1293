package config

import "errors"

// api is what the API needs to sign: an identity of its own, whole, or the service account's.
func (p *problems) api(c Config) {
	if !c.API.Own() {
		p.trail(c)
		return
	}
	p.required("COUNTERSIGN_API_SUBJECT", c.API.APISubject)
	p.key("COUNTERSIGN_API_SIGNING_KEY", c.API.APISigningKey)
	if c.API.APISubject != "" && c.API.APISubject == c.DFNS.UserID {
		p.add("COUNTERSIGN_API_SUBJECT", errors.New("is the service account that decides: take a name of its own"))
	}
	if key := c.API.APISigningKey; key != "" && (key == c.Trail.Key() || key == c.Trail.LogKey) {
		p.add("COUNTERSIGN_API_SIGNING_KEY", errors.New("is the service account's key or the log's: use one key for one purpose"))
	}
	p.log(c)
}

// trail is what signing records as the service account needs.
func (p *problems) trail(c Config) {
	p.required("COUNTERSIGN_DFNS_USER_ID", c.DFNS.UserID)
	p.key("COUNTERSIGN_SIGNING_KEY", c.Trail.Key())
	if c.Trail.LogKey != "" && c.Trail.LogKey == c.Trail.Key() {
		p.add("COUNTERSIGN_LOG_KEY", errors.New("is the key that signs records: use one key for one purpose"))
	}
	p.log(c)
}

// log is what appending to the log needs, whoever signs the records.
func (p *problems) log(c Config) {
	p.required("COUNTERSIGN_DATABASE", c.Trail.Database)
	p.key("COUNTERSIGN_LOG_KEY", c.Trail.LogKey)
	if c.Trail.LogKeyNext != "" {
		p.key("COUNTERSIGN_LOG_KEY_NEXT", c.Trail.LogKeyNext)
	}
	if c.Trail.PolicyFile != "" {
		p.file("COUNTERSIGN_POLICY_FILE", c.Trail.PolicyFile)
	}
	p.required("COUNTERSIGN_ISSUER", c.Trail.Issuer)
}
