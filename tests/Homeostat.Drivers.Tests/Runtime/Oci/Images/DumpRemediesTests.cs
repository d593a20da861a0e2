using Homeostat.Drivers.Runtime.Oci.Images;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Images;

public sealed class DumpRemediesTests
{
    [Theory]
    [InlineData("criu: fsnotify: \tCan't dump that handle; Dump files (pid: 100) failed with -1", "reloadConfigOnChange")]
    [InlineData("criu: Unknown file type [anon_inode:[io_uring]]", "UV_USE_IO_URING=0")]
    [InlineData("criu: inet: Unsupported proto 262 for socket 2a", "multipathtcp=0")]
    [InlineData("criu: something new", "checkpoint: { mode: off }")]
    public void Of_WordsOfCriu_NamesWhatToDo(string reason, string remedy) => Assert.Contains(remedy, DumpRemedies.Of(reason));
}
