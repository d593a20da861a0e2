using Homeostat.Drivers.Runtime.Oci.Images;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Images;

public sealed class CriuReasonTests
{
    private const string Tun = "tun: Unable to create tun: No such file or directory";
    private const string End = "Dump files (pid: 100) failed with -1; Dumping FAILED.";

    [Theory]
    [InlineData(
        $"criu: {Tun}; fsnotify: \tCan't dump that handle; {End}",
        "it watches files by inotify in a place where criu can't find them again (criu: fsnotify: Can't dump that handle)", "reloadConfigOnChange")]
    [InlineData("criu: Unknown file type [anon_inode:[io_uring]]", "it uses io_uring, which criu can't save (criu: Unknown file type [anon_inode:[io_uring]])", "UV_USE_IO_URING=0")]
    [InlineData(
        $"criu: {Tun}; inet: Unsupported proto 262 for socket 2a; inet: For Go programs, consider using \"GODEBUG=multipathtcp=0\" to disable MPTCP; {End}",
        "it listens with MPTCP, which criu can't save (criu: inet: Unsupported proto 262 for socket 2a)", "multipathtcp=0")]
    [InlineData(
        $"criu: {Tun}; Can't dump ghost file /tmp/x of 73400320 size, increase limit; {End}",
        "it holds a deleted file of more than 64 MiB open (criu: Can't dump ghost file /tmp/x of 73400320 size, increase limit)", "close such files")]
    [InlineData("criu: Can't dump file 7 of that type [20600] (chr 10:229 /dev/fuse); Dumping FAILED.", "it holds a device or special file open that criu can't save", "close that")]
    [InlineData("criu: SEIZE 100: can't wait task: Timeout", "it could not be stopped in time", "tried again later")]
    [InlineData($"criu: {Tun}; something new; and more; {End}", "criu can't save something that it holds (criu: something new)", "checkpoint: { mode: off }")]
    [InlineData($"criu: {Tun}; {End}", "criu can't save something that it holds", "checkpoint: { mode: off }")]
    [InlineData("criu: ended without an answer", "criu broke off", "tried again later")]
    [InlineData("the cell's init does not answer", "the cell's init does not answer", "checkpoint: { mode: off }")]
    public void OfDump_WordsOfCriu_BecomeACauseAndARemedy(string reason, string cause, string remedy)
    {
        var found = CriuReason.OfDump(reason, "/data/images");
        Assert.StartsWith(cause, found.Cause, StringComparison.Ordinal);
        Assert.Contains(remedy, found.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("tun:", found.Cause, StringComparison.Ordinal);
        Assert.DoesNotContain("FAILED", found.Cause, StringComparison.Ordinal);
        Assert.Equal(reason.StartsWith("criu: ", StringComparison.Ordinal) && remedy != "tried again later", found.IsLasting);
    }

    [Fact]
    public void OfDump_FullDisk_IsNamedWithItsFolder()
    {
        const string Said = $"criu: {Tun}; page-xfer: Unable to spice data: No space left on device; bfd: Error flushing image: No space left on device; Dumping FAILED.";
        var found = CriuReason.OfDump(Said, "/data/images");
        Assert.Equal("the disk of the process images is full (criu: page-xfer: Unable to spice data: No space left on device)", found.Cause);
        Assert.Equal("free space on the disk of /data/images; it is tried again later", found.Remedy);
        Assert.False(found.IsLasting);
    }

    [Theory]
    [InlineData("criu: File srv/app.js has bad size 7 (expect 9); Restoring FAILED.", "a file that it had open or mapped was changed since (criu: File srv/app.js has bad size 7 (expect 9))")]
    [InlineData("the image was changed on disk", "the image was changed on disk")]
    public void OfRestore_WordsOfCriu_BecomeACause(string reason, string cause) => Assert.Equal(cause, CriuReason.OfRestore(reason));

    [Fact]
    public void LongLine_IsCut() => Assert.InRange(CriuReason.OfDump("criu: " + new string('x', 1000), "/").Cause.Length, 1, 200);
}
