/* ctl_stats */
