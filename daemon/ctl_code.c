/* ctl_code */
