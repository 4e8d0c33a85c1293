package settle

import (
	"countersign/sandbox/queue"
	"countersign/sandbox/store"
)

// busy returns the networks that have jobs in their queues, or parked ones.
func (s *Settler) busy(parked bool) (networks []string, err error) {
	var all []string
	for _, n := range s.Custody.Networks.All() {
		all = append(all, n.Name)
	}
	err = s.Custody.DB.View(func(tx *store.Tx) (err error) {
		networks, err = queue.Busy(tx, all, parked)
		return err
	})
	return networks, err
}

// next returns the job at the head of a network's queue, if there is one.
func (s *Settler) next(network string) (job queue.Job, found bool, err error) {
	err = s.Custody.DB.View(func(tx *store.Tx) (err error) {
		job, found, err = queue.Next(tx, network)
		return err
	})
	return job, found, err
}

// parked returns a network's parked jobs.
func (s *Settler) parked(network string) (jobs []queue.Job, err error) {
	err = s.Custody.DB.View(func(tx *store.Tx) (err error) {
		jobs, err = queue.Parked(tx, network)
		return err
	})
	return jobs, err
}

// park takes a job off the queue until its chain changes.
func (s *Settler) park(job queue.Job) error {
	return s.Custody.DB.Update(func(tx *store.Tx) error { return queue.Park(tx, job) })
}
