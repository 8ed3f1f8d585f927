/* ctl_classify */
