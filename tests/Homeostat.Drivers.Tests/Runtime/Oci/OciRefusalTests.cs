using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>A template that was refused: whether it is tried again depends on why.</summary>
public sealed class OciRefusalTests : OciTestCase
{
    protected override OciDriverOptions Change(OciDriverOptions options) => options with { PoolCells = 0 };

    [Fact]
    public async Task RefusedBecauseItDidNotStart_IsTriedAgain_ByTheNextPlatformAndWhenAsked()
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        using var root = new TemporaryRoot();
        var folder = root.Path;
        // Its program needs what is not there yet.
        var spec = OciPrograms.Python("late", "import sys; sys.path.insert(0, '/srv'); import server") with
        {
            Mounts = [new MountSpec(folder, "/srv", ReadOnly: true)],
        };
        var revision = await PreparedAsync(spec);
        Assert.Equal(TemplateState.Refused, (await Driver.MakeTemplateAsync(revision, anew: false, default)).Template);

        await ReopenAsync();
        await PreparedAsync(spec);
        Assert.Equal(TemplateState.None, Driver.Describe(revision)!.Template);
        var again = await Driver.MakeTemplateAsync(revision, anew: false, default);
        Assert.Equal(TemplateState.Refused, again.Template);
        // The lines of this try, not those of the one before.
        Assert.Equal(2, again.Reason!.Message.Split("ModuleNotFoundError").Length);

        const string Server = "import http.server, os; http.server.HTTPServer(('0.0.0.0', int(os.environ['PORT'])), http.server.BaseHTTPRequestHandler).serve_forever()";
        await File.WriteAllTextAsync(Path.Combine(folder, "server.py"), Server);
        Assert.Equal(TemplateState.Ready, (await Driver.MakeTemplateAsync(revision, anew: false, default)).Template);
    }

    [Fact]
    public async Task RefusedBecauseCriuCannotDumpIt_StaysSo()
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        const string Mptcp = "import os,socket\nf=socket.socket(socket.AF_INET,socket.SOCK_STREAM,262)\nf.bind(('0.0.0.0',int(os.environ['PORT'])))\nf.listen()\nf.accept()";
        var spec = OciPrograms.Python("never", Mptcp);
        var revision = await PreparedAsync(spec);
        var refused = await Driver.MakeTemplateAsync(revision, anew: false, default);
        Assert.Equal(TemplateState.Refused, refused.Template);

        await ReopenAsync();
        await PreparedAsync(spec);

        var kept = Driver.Describe(revision)!;
        Assert.Equal((TemplateState.Refused, refused.Reason), (kept.Template, kept.Reason));
    }

    private async Task<RevisionId> PreparedAsync(ServiceSpec spec)
    {
        var revision = Specs.Revision(spec);
        Assert.Null(await Driver.PrepareAsync(revision, default));
        return revision.Id;
    }
}
