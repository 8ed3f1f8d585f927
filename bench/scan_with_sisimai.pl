#!/usr/bin/perl
# Mails a second of Sisimai over the .eml files of folders, bytes in memory, CPU time of one process.
use strict;
use warnings;
use File::Find;
use Sisimai;

my ($seconds, @folders) = @ARGV;
my (@mails, $done, $failed);
find({ no_chdir => 1, wanted => sub {
	return unless -f && /\.eml$/;
	open my $file, '<:raw', $_ or die "$_: $!";
	local $/;
	push @mails, scalar <$file>;
} }, @folders);
my $began = (times)[0] + (times)[1];
my $took = 0;
($done, $failed) = (0, 0);
while ($took < $seconds) {
	for my $mail (@mails) {
		my $copy = $mail;
		eval { Sisimai->make(\$copy); 1 } or $failed++;
	}
	$done += @mails;
	$took = (times)[0] + (times)[1] - $began;
}
printf "%.0f %d\n", $done / $took, $failed * @mails / $done;
