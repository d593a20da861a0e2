using Homeostat.Drivers.Runtime.Oci.Keeper;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Keeper;

public sealed class KeeperPacketTests
{
    [Fact]
    public void Decode_WhatWasEncoded_IsTheSame()
    {
        var packet = new KeeperPacket("start").With("arg", ["sh", "-c", "echo 'a=b'\n"]).With("env", "EMPTY=").WithFlag("leave", true);
        var back = KeeperPacket.Decode(packet.Encode())!;
        Assert.Equal(("start", 5), (back.Verb, back.Fields.Count));
        Assert.Equal(packet.Fields, back.Fields);
        Assert.Equal(("EMPTY=", "sh", 1), (back["env"], back["arg"], back.Number("leave")));
        Assert.Null(back["pid"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ok")]
    [InlineData("ok\0field without sign\0")]
    public void Decode_WhatIsNoPacket_IsNull(string bytes) => Assert.Null(KeeperPacket.Decode(System.Text.Encoding.UTF8.GetBytes(bytes)));

    [Fact]
    public void With_NulCharacter_IsRefused() => Assert.Throws<ArgumentException>(() => new KeeperPacket("start").With("arg", "a\0env=LD_PRELOAD=x"));

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Encode_AtTheLimitAndOnePast_FitsAndIsRefused(int over, bool fits)
    {
        var packet = new KeeperPacket("start").With("arg", new string('x', KeeperPacket.BytesMax - "start\0arg=\0".Length + over));
        if (fits)
        {
            Assert.Equal(KeeperPacket.BytesMax, packet.Encode().Length);
        }
        else
        {
            Assert.Throws<InvalidDataException>(packet.Encode);
        }
    }
}
