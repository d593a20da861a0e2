using Homeostat.Testing;
using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Oci;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>Real programs that criu cannot dump: the cause is named plainly, with the remedy, and they run on.</summary>
public sealed class OciDumpTests : OciTestCase
{
    private const string Head = "import os,socket,ctypes\nlibc=ctypes.CDLL(None)\n";

    private const string Tail = """

        s=socket.create_server(('0.0.0.0',int(os.environ['PORT'])))
        while True:
            c,_=s.accept()
            c.recv(4096)
            c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalive')
            c.close()
        """;

    public static TheoryData<string, string, string, string> Programs => new()
    {
        { "watcher", "os.makedirs('/tmp/w')\nassert libc.inotify_add_watch(libc.inotify_init1(0),b'/tmp/w',2)==1", "it watches files by inotify", "turn the watching off" },
        { "deleter", "f=open('/tmp/x','wb')\nf.write(b'x'*(70<<20))\nf.flush()\nos.unlink('/tmp/x')", "it holds a deleted file of more than 64 MiB open", "let it close such files" },
        { "mptcp", "f=socket.socket(socket.AF_INET,socket.SOCK_STREAM,262)\nf.bind(('0.0.0.0',9))\nf.listen()", "it listens with MPTCP", "GODEBUG=multipathtcp=0" },
    };

    protected override OciDriverOptions Change(OciDriverOptions options) => options with { PoolCells = 0 };

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task ProgramThatCriuCannotDump_IsToldPlainly_AndRunsOn(string name, string body, string cause, string remedy)
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        var id = await StartedAsync(OciPrograms.Python(name, Head + body + Tail));

        var failure = (await Driver.SleepAsync(id, Tier.Image, Next(), default))!;

        Assert.Equal(FailureKind.DumpFailed, failure.Kind);
        Assert.StartsWith($"one could not be dumped: {cause}", failure.Message, StringComparison.Ordinal);
        Assert.Matches(@" \(criu: [^;]*\)$", failure.Message);
        Assert.Contains(remedy, failure.Remedy, StringComparison.Ordinal);
        Assert.Contains("alive", await GetAsync(id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProcessesConnectedByTcp_AreNotCutApart()
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        const string Connected = "l=socket.create_server(('127.0.0.1',6379))\na=socket.create_connection(('127.0.0.1',6379))\nb,_=l.accept()";
        var id = await StartedAsync(OciPrograms.Python("pair", Head + Connected + Tail));

        var failure = (await Driver.SleepAsync(id, Tier.Image, Next(), default))!;

        Assert.Equal(FailureKind.DumpFailed, failure.Kind);
        Assert.Contains("connected to each other by TCP (port 6379)", failure.Message, StringComparison.Ordinal);
        Assert.Null(await Driver.SleepAsync(id, Tier.Frozen, Next(), default));
        Assert.Equal(WakeWay.Frozen, (await Driver.WakeAsync(id, Specs.Limits, Next(), default)).Ready?.Way);
        Assert.Contains("alive", await GetAsync(id), StringComparison.Ordinal);
    }
}
