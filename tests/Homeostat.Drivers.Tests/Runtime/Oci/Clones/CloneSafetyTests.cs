using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Clones;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Clones;

public sealed class CloneSafetyTests
{
    private static readonly IReadOnlyList<string> WithPreload = NodePreload.AddTo(["PATH=/bin"]);

    [Fact]
    public void Judge_PrimedPython_IsAllowedAndSaysWhatRepeats()
    {
        var verdict = Judge("program\t7\t/usr/bin/python3.11\t", "library\t7\t/usr/lib/libcrypto.so.3\t", "primed\t7\t/usr/lib/libcrypto.so.3\tOpenSSL 3");
        Assert.True(verdict.Allowed);
        Assert.Equal(["found: Python (the module random repeats)", "primed: OpenSSL 3 in /usr/lib/libcrypto.so.3"], verdict.Lines);
    }

    [Theory]
    [InlineData("program\t7\t/srv/mystery\t", "mystery is not among the programs")]
    [InlineData("program\t7\t/usr/bin/perl\t", "Perl: ")]
    [InlineData("program\t7\t/srv/server\tgo", "Go: ")]
    [InlineData("program\t7\t/usr/bin/java\t|library\t7\t/usr/lib/libjvm.so\t", "JVM: ")]
    [InlineData("program\t7\t/usr/bin/php8.2\t|library\t7\t/usr/lib/libgcrypt.so.20\t", "libgcrypt has a random generator")]
    [InlineData("program\t7\t/usr/bin/ruby3.1\t|hidden\t7\t/srv/x.so\tBoringSSL", "/srv/x.so contains BoringSSL")]
    [InlineData("program\t7\t/usr/bin/ruby\t|unreadable\t7\t\tmapped files that could not be examined", "could not be examined")]
    [InlineData("library\t7\t/usr/lib/libc.so.6\t", "executable of process 7")]
    [InlineData("", "no program was found")]
    public void Judge_AutoAndDangerOrUnknown_IsRefusedWithTheReason(string findings, string reason)
    {
        var verdict = Judge(findings.Split('|'));
        Assert.False(verdict.Allowed);
        Assert.Contains(reason, verdict.Reason);
        Assert.Contains(verdict.Lines, l => l.StartsWith("refused: ", StringComparison.Ordinal) && l.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Judge_OneUnknownChildOfAKnownProgram_IsRefused() =>
        Assert.False(Judge("program\t7\t/usr/bin/nginx\t", "program\t8\t/srv/mystery\t").Allowed);

    [Fact]
    public void Judge_NodeWithoutItsScript_IsRefused()
    {
        var findings = CloneFinding.ParseAll(["program\t7\t/usr/bin/node\t"]);
        Assert.True(CloneSafety.Judge(ClonePolicy.Auto, findings, null, _ => WithPreload).Allowed);
        Assert.Contains("NODE_OPTIONS", CloneSafety.Judge(ClonePolicy.Auto, findings, null, _ => ["NODE_OPTIONS=--inspect"]).Reason);
    }

    [Fact]
    public void Judge_CouldNotBePrimed_IsRefusedByAutoAndAllowedByItsOwner()
    {
        var findings = CloneFinding.ParseAll(["program\t7\t/usr/bin/python3\t"]);
        Assert.Contains("a thread is at work", CloneSafety.Judge(ClonePolicy.Auto, findings, "a thread is at work", _ => []).Reason);
        Assert.True(CloneSafety.Judge(ClonePolicy.Yes, findings, "a thread is at work", _ => []).Allowed);
        Assert.False(CloneSafety.Judge(ClonePolicy.No, findings, null, _ => []).Allowed);
    }

    [Fact]
    public void WithTrial_SameNumbersInAnotherOrder_IsRefused()
    {
        var verdict = Judge("program\t7\t/usr/bin/python3\t");
        var one = CloneFinding.ParseAll(["drawn\t1\t/l\taa", "drawn\t1\t/l\tbb"]);
        Assert.True(CloneSafety.WithTrial(verdict, ClonePolicy.Auto, one, CloneFinding.ParseAll(["drawn\t2\t/l\tcc"])).Allowed);
        var repeated = CloneSafety.WithTrial(verdict, ClonePolicy.Auto, one, CloneFinding.ParseAll(["drawn\t2\t/l\tcc", "drawn\t2\t/l\taa"]));
        Assert.False(repeated.Allowed);
        Assert.Contains("same random numbers", repeated.Reason);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("newkind\t1\t/x\ty")]
    [InlineData("program\tx\t/x\ty")]
    public void Parse_WhatIsNotKnown_IsSkipped(string line) => Assert.Null(CloneFinding.Parse(line));

    [Fact]
    public void AddTo_OwnOptions_AreKept()
    {
        Assert.Equal(["A=1", "NODE_OPTIONS=--inspect --require=/dev/.homeostat-node.cjs"], NodePreload.AddTo(["NODE_OPTIONS=--inspect", "A=1"]));
        Assert.True(NodePreload.IsIn(NodePreload.AddTo([])));
        Assert.False(NodePreload.IsIn(["NODE_OPTIONS=--inspect"]));
    }

    private static CloneVerdict Judge(params string[] findings) =>
        CloneSafety.Judge(ClonePolicy.Auto, CloneFinding.ParseAll(findings), null, _ => []);
}
